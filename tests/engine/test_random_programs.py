"""2,000 random programs: first and second derivatives against finite differences."""

from collections import Counter

from hypothesis import assume

from minigrad.rules import RULES
from programs import PROGRAMS, TOLERANCE, check

# Rules with a derivative that no line leads to, and why.
FLAT = {"ceil", "floor", "round", "trunc", "sign", "floor_divide", "div_trunc"}
UNUSED = {
    "to": "float32 is not smooth",
    "ndtr": "gelu alone uses it, on arrays; test_rules differentiates it",
    "pick": "losses use it, on arrays; it is the way back of place, which is met",
    "take_largest": "the way back of put_to_largest, which is met, uses it on arrays",
    **dict.fromkeys(FLAT, "it stays as its input moves"),
}


def test_random_programs_have_the_derivatives_that_finite_differences_give():
    seen, used = Counter(), Counter()

    def judge(program):
        errors = program.errors()
        seen["not comparable"] += errors is None
        assume(errors)
        for order, error in errors.items():
            assert error < TOLERANCE, order
            seen[order] = max(seen[order], error)
        seen["programs"] += 1
        seen["lines"] += len(program.lines)
        seen["writes in place"] += len(program.written)
        used.update(program.rules)

    wanted = {name for name, rule in RULES.items() if rule.differentiable} - {*UNUSED}
    check(PROGRAMS, judge)
    for turn in (1, 2, 3):  # a rule that few lines lead to may be missed by chance
        if not wanted <= {*used}:
            check(PROGRAMS // 4, judge, turn)
    print(dict(seen), used)
    assert seen["programs"] >= PROGRAMS
    assert seen["writes in place"] > PROGRAMS / 2
    assert seen["not comparable"] < PROGRAMS / 20
    assert wanted <= {*used}
