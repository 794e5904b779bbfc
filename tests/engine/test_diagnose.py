"""A wrong gradient is met by the mistake behind it; a right one never is."""

from collections import Counter

import numpy as np
import pytest

import minigrad as mg
from minigrad.diagnose import KINDS, candidates, diagnose

ROUNDS = 40
RECOGNISED = 0.9
RNG = np.random.default_rng(4)


def numbers(*shape):
    """Numbers that are neither round nor near 0."""
    return RNG.uniform(0.2, 3, shape) * RNG.choice([-1, 1], shape)


def planted():
    """One of each slip, computed as a learner would: name, wrong answer, truth, known parts."""
    u, local, x = numbers(), numbers(), numbers()
    edge = {"arriving": u, "local": local, "values": {"x": x}, "others": [numbers()]}
    yield "forgot the arriving slope", local, u * local, edge
    yield "stopped early", u, u * local, edge
    yield "added along a road", u + local, u * local, edge
    yield "went a step too far", u * local, local, edge
    yield "took a value for a slope", x, u * local, edge
    yield "took another road", edge["others"][0], u * local, edge
    yield "turned the sign", -u * local, u * local, edge
    y = 1 / (1 + np.exp(-x))
    yield "put the input for the output", x * (1 - x), y * (1 - y), {"at_input": x * (1 - x)}
    inner = np.sin(x)
    product = {"at_innermost": np.cos(x) * np.cos(x)}  # f′(x)·g′(x) for sin(sin(x))
    yield "read the chain as a product", np.cos(x) ** 2, np.cos(inner) * np.cos(x), product
    n, base = float(RNG.integers(2, 6)), abs(x)
    power = {"base": base, "exponent": n}
    yield "forgot to lower the exponent", n * base**n, n * base ** (n - 1), power
    yield "forgot to bring the exponent down", base ** (n - 1), n * base ** (n - 1), power

    parts = [numbers() for _ in range(RNG.integers(2, 5))]
    meet, before = {"parts": parts, "before": numbers()}, sum(parts)
    yield "multiplied where roads meet", np.prod(parts), sum(parts), meet
    yield "took one road only", parts[0], sum(parts), meet
    yield "took one road only", parts[-1], sum(parts), meet
    yield "left a road out", sum(parts[1:]), sum(parts), meet
    yield "averaged", sum(parts) / len(parts), sum(parts), meet
    yield "kept a stale .grad", meet["before"] + before, before, meet
    yield "counted it again", RNG.integers(2, 6) * before, before, meet
    a, b = numbers(), numbers()
    inputs = {"operands": [a, b], "inputs": {"a": a, "b": b}}
    yield "added the inputs", a + b, a * b, inputs
    yield "multiplied the inputs", a * b, a + b, inputs
    yield "took an input", b, a * b, inputs

    g, lr, w, late = numbers(3), 0.03, numbers(3), numbers(3)
    update = {"lr": lr, "weight": w, "late": late}
    yield "took the step for the gradient", RNG.choice([-lr, lr]) * g, g, update
    yield "thought that backward moves the weight", w - lr * g, g, update
    yield "took it after the update", late, g, update

    rows = numbers(5, 3)
    total, wide = rows.sum(axis=0), {"stretched": rows}
    yield "forgot the broadcast sum", rows, total, wide
    yield "took the first row only", rows[0], total, wide
    yield "took the mean for the sum", rows.mean(axis=0), total, wide
    column = rows.sum(axis=1, keepdims=True)
    yield "took the first row only", rows[:, :1], column, wide
    yield "took the sum for the mean", total, total / 5, {"count": 5}
    up, right = numbers(3, 3), numbers(3, 3)
    product = {"factors": [up, right]}
    yield "transposed it", (up @ right.T).T, up @ right.T, product
    yield "transposed or swapped a factor", up @ right, up @ right.T, product
    yield "transposed or swapped a factor", right @ up, up @ right.T, product
    wide_product = {"factors": [numbers(4, 3), numbers(4, 2)]}
    one, other = wide_product["factors"]
    yield "transposed or swapped a factor", other.T @ one, one.T @ other, wide_product
    cell = 1, 0  # of the same square product, and of the wide one
    asked = product | {"cell": cell}
    yield "transposed or swapped a factor", (right @ up)[cell], (up @ right.T)[cell], asked
    pairs = one[:, 1] * other[:, 0]
    asked = wide_product | {"cell": cell, "terms": list(pairs), "count": 4}
    yield "transposed or swapped a factor", (other.T @ one)[cell], (one.T @ other)[cell], asked
    yield "took one product only", pairs[2], (one.T @ other)[cell], asked
    yield "took the mean for the sum", pairs.mean(), (one.T @ other)[cell], asked
    yield "forgot the broadcast sum", rows[3, 1], total[1], {"stretched": rows[:, 1]}
    yield "took the first row only", rows[0, 1], total[1], {"stretched": rows[:, 1]}
    guess, wanted = numbers(6, 1), numbers(6)
    square = {"prediction": guess, "target": wanted, "exponent": 2}
    off = guess - wanted[:, None]
    prediction = mg.tensor(guess, requires_grad=True)
    with pytest.warns(UserWarning, match="6 × 6 differences"):
        ((prediction - mg.tensor(wanted)) ** 2).mean().backward()
    yield "made a table of all pairs", prediction.grad.numpy(), 2 * off / 6, square
    yield "forgot to bring the exponent down", off / 6, 2 * off / 6, square


def rounded_off(answer, digits):
    return np.vectorize(lambda each: float(f"{each:.{digits}g}"))(answer)


def test_planted_slips_are_recognised():
    many, known = Counter(), Counter()
    for _ in range(ROUNDS):
        for name, wrong, truth, parts in planted():
            found = diagnose(rounded_off(wrong, 4), truth, candidates(truth, **parts))
            if not found.right:
                many[name] += 1
                known[name] += name in [slip.name for slip in found.slips]
    for name in many:
        print(f"{known[name]:5} of {many[name]:5}  {name}")
    print(f"{known.total()} of {many.total()} slips")
    assert many.keys() == {kind.name for kind in KINDS}
    assert all(known[name] >= RECOGNISED * many[name] for name in many)


@pytest.mark.parametrize("digits", [3, 4, 6, 17])
def test_no_right_answer_is_accused(digits):
    for _ in range(20):
        for _, _, truth, parts in planted():
            slips = candidates(truth, **parts)
            assert diagnose(rounded_off(truth, digits), truth, slips).right


def test_two_digits_are_close_but_not_right():
    found = diagnose(0.33, 1 / 3)
    assert (found.right, found.slips) == (False, ())
    assert found.says == "That is close. Give the first 3 digits, or a fraction."


def test_slips_that_give_the_truth_are_no_slips():
    # At (x, a, b) = (1, 2, 3) several wrong rules give right numbers.
    for slip in candidates(np.array(4.0), parts=[np.array(2.0), np.array(2.0)]):
        assert slip.name != "multiplied where roads meet"
        assert not diagnose(slip.value, 4.0).right


def test_two_that_fit_are_both_named():
    found = diagnose(2.0, 4.0, candidates(4.0, parts=[2.0, 2.0]))
    assert [slip.name for slip in found.slips] == [
        "took one road only",
        "left a road out",
        "averaged",
    ]
    assert found.says.count(" Or: ") == 2


def test_no_sentence_holds_a_number_of_the_answer():
    for name, wrong, truth, parts in planted():
        for slip in candidates(truth, **parts):
            for each in np.ravel(truth):
                assert f"{abs(each):.3g}" not in slip.hint
        says = diagnose(np.asarray(wrong) * 1.01, truth, candidates(truth, **parts)).says
        assert not any(f"{abs(each):.3g}" in says for each in np.ravel(truth)), name


def test_none_is_not_0():
    for answer, truth in ((0.0, None), (None, np.zeros(3))):
        found = diagnose(answer, truth, candidates(truth))
        assert [slip.name for slip in found.slips] == ["took None for 0"]
    assert diagnose(None, None).right
    assert diagnose(None, 3.0).says.startswith("None says that no gradient arrived.")
    assert not diagnose(3.0, None).right


def test_a_wrong_shape_is_said_in_words():
    found = diagnose(np.ones((2, 2)), np.array([3.0, 4.0, 5.0]))
    assert found.says == "A gradient has the shape of its thing: 3 numbers. This is 2×2."


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_wrong_and_no_slip(odd):
    assert not diagnose(odd, 2.0, candidates(2.0, arriving=3.0, local=0.0)).right
    assert all(np.isfinite(slip.value) for slip in candidates(0.0, exponent=0.0, arriving=odd))


def test_an_unknown_part_is_refused():
    with pytest.raises(TypeError, match="No slip asks for arrivin"):
        candidates(2.0, arrivin=3.0)
