"""Practice asks what the page does not show, and knows the slip behind a wrong answer."""

import json
import math
import random
import re
from collections import Counter
from functools import cache

import pytest
from practised import NUMBERS, composite, forms, many, practised

import minigrad as mg
from minigrad.diagnose import diagnose
from minigrad.printing import rounded
from minigrad.trace import EdgeStep, Forward, Meet
from minigrad.tracing import Computation
from minigrad_widgets.practice import Practice, twins, without_nudge
from minigrad_widgets.screenplay import Screenplay
from minigrad_widgets.values import read_number

RECOGNISED = 0.9


@cache
def asked():
    return [
        (trace, question, question.slips)
        for trace, practice in many()
        for question in practice.questions
    ]


def judged(question, slips, text):
    return diagnose(read_number(text), question.truth, slips, slack=question.slack)


# What the page shows ---------------------------------------------------------------------


def shown_numbers(trace, practice):
    """All numbers in what the page may show now: frames, questions, names, code and text twin."""
    shown = [frame for frame in practice.shown if frame]
    sent = json.dumps([shown, practice.state()], ensure_ascii=False)
    sent = re.sub(r'"(step|line)": \d+|"[a-z]\d+(:label|\.\d+)?"|<[^>]*>', " ", sent)  # ids, tags
    twin = re.sub(r"(?m)^ +\d+  |before step \d+|\d+ of \d+ questions", " ", practice.text())
    names = [f"{node.name} {node.badge}" for node in trace.nodes]
    return set(NUMBERS.findall(" ".join([sent, twin, *names, *trace.code]).replace("−", "-")))


def test_no_answer_is_shown_before_it_is_revealed():
    leaks = 0
    for trace, practice in many():
        for question in practice.questions:
            for _ in question.hints:
                practice.hint()
            practice.attempt("123456.5")
            assert practice.gate == question.step
            leaks += bool(forms(question.truth) & shown_numbers(trace, practice))
            practice.reveal()
            assert forms(question.truth) & shown_numbers(trace, practice)
        assert practice.text() == str(trace)
    print(f"{len(asked())} questions, {leaks} answers shown early")
    assert leaks == 0


def test_every_question_has_three_hints_and_none_is_the_answer():
    for _, question, slips in asked():
        assert len(set(question.hints)) == 3
        said = " ".join([question.asks, *question.hints, *(slip.hint for slip in slips)])
        told = {float(each) for each in NUMBERS.findall(said.replace("−", "-"))}
        assert not any(diagnose(each, abs(question.truth)).right for each in told)
        assert "truth" not in repr(question)


# What is typed -----------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [3, 4, 6])
def test_no_right_answer_is_accused(digits):
    for _, question, slips in asked():
        typed = f"{question.truth:.{digits}g}"
        assert judged(question, slips, typed).right
        assert judged(question, slips, typed.replace(".", ",").replace("-", " − ")).right


def test_what_the_shown_numbers_give_is_right():
    """The arithmetic of somebody who reads rounded numbers off the page."""
    many = Counter()
    for trace, question, slips in asked():
        match question.what, trace.steps[question.step]:
            case "total", Meet(parts=parts):
                computed = sum(rounded(float(part)) for part in parts)
            case "contribution", EdgeStep(moves=(move,)) if question.topic == "mul":
                computed = rounded(float(move.arriving)) * rounded(float(move.local))
            case _:
                continue
        many[question.what] += 1
        assert judged(question, slips, repr(computed)).right
    assert min(many["total"], many["contribution"]) > 50


def slips_at(trace, question):
    """What learners type, from the numbers shown: the name of each slip, and its number."""
    step, truth = trace.steps[question.step], question.truth
    yield "turned the sign", -truth
    yield "counted it again", 2 * truth
    match step:
        case Forward(node=node):
            numbers = [
                rounded(float(trace.nodes[edge.source].value))
                for edge in trace.edges
                if edge.target == node
            ]
            yield from (("took an input", each) for each in numbers)
            if len(numbers) > 1:
                yield "added the inputs", sum(numbers)
                yield "multiplied the inputs", math.prod(numbers)
        case Meet(parts=parts):
            brought = [rounded(float(part)) for part in parts]
            yield "multiplied where roads meet", math.prod(brought)
            yield "averaged", sum(brought) / len(brought)
            yield "took one road only", brought[0]
            yield "took one road only", brought[-1]
            yield "left a road out", sum(brought[1:])
        case EdgeStep(moves=(move,)):
            edge = trace.edges[move.edge]
            target, source = trace.nodes[edge.target], trace.nodes[edge.source]
            up, own = rounded(float(move.arriving)), rounded(float(move.local))
            x = rounded(float(source.value))
            down = up if question.what == "contribution" else 1.0
            if down == up:
                yield "forgot the arriving slope", own
            else:
                yield "went a step too far", up * own
            yield "stopped early", up
            yield "added along a road", up + own
            yield "took a value for a slope", x
            yield "took a value for a slope", rounded(float(target.value))
            if target.op == "pow":
                yield "forgot to bring the exponent down", down * x
                yield "forgot to lower the exponent", down * 2 * x**2
            at_input = {"sigmoid": x * (1 - x), "tanh": 1 - x**2, "exp": x}
            if target.op in at_input:
                yield "put the input for the output", down * at_input[target.op]
            for below in (e.source for e in trace.edges if e.target == source.id):
                v = rounded(float(trace.nodes[below].value))
                logistic = 1 / (1 + math.exp(-v))
                slopes = {
                    "sigmoid": logistic * (1 - logistic),
                    "tanh": 1 - math.tanh(v) ** 2,
                    "sin": math.cos(v),
                    "pow": 2 * v,
                }
                if target.op in slopes:
                    yield "read the chain as a product", down * slopes[target.op]
            for before in trace.steps[: question.step]:
                for other in before.moves if isinstance(before, EdgeStep) else ():
                    if trace.edges[other.edge].source == source.id:
                        yield "took another road", rounded(float(other.contribution))


def test_planted_slips_are_recognised():
    planted, known, several = Counter(), Counter(), 0
    for trace, question, slips in asked():
        by_text = {}
        for name, value in slips_at(trace, question):
            by_text.setdefault(f"{value:.4g}", set()).add(name)
        for text, names in by_text.items():
            found = judged(question, slips, text)
            if found.right:  # the slip gives the right number here: nobody could tell
                continue
            recognised = {slip.name for slip in found.slips}
            planted.update(names)
            known.update(names & recognised)
            hints = {slip.hint for slip in found.slips}
            assert not hints or set(found.says.split(" Or: ")) == hints
            several += len(hints) > 1
    for name in planted:
        print(f"{known[name]:5} of {planted[name]:5}  {name}")
    print(f"{known.total()} of {planted.total()} slips; {several} answers fitted two or more")
    assert several > 100
    assert all(known[name] >= RECOGNISED * planted[name] for name in planted)
    assert len(planted) == 19


def test_a_number_from_nowhere_is_not_a_slip():
    draw = random.Random(0)
    wrong = [
        judged(each, slips, f"{each.truth * draw.uniform(-9, 9):.6g}") for _, each, slips in asked()
    ]
    share = sum(bool(each.slips) for each in wrong) / len(wrong)
    print(f"{share:.1%} of random wrong answers were taken for a slip")
    assert share < 0.1


def test_two_slips_that_fit_are_both_named():
    _, practice = practised(composite())
    while practice.questions[practice.current].names != "x² → x":
        practice.reveal()
    assert practice.attempt("3") == (
        "That is x itself, and a value is no slope. Or: "
        "The exponent comes down as a factor, such as the 2 of a square."
    )


# The walk ----------------------------------------------------------------------------------


def test_the_record_says_what_happened():
    _, practice = practised(composite())
    assert practice.attempt("fifty").startswith("“fifty” is not a number.")
    practice.hint()
    practice.attempt(" -99 ")
    practice.attempt("99.0")
    practice.attempt("220")
    practice.attempt("440")
    practice.reveal()
    first, second, third, *_ = practice.attempts
    assert (first.what, first.names, first.first, first.tries) == ("value", "z", "-99", 2)
    assert (first.slips, first.hints, first.revealed) == (["turned the sign"], 1, False)
    assert (second.names, second.first, second.solved, second.revealed) == ("y", "220", True, True)
    assert (third.names, third.first, third.tries, third.solved) == ("b·x → b", "", 0, False)


def test_a_question_withholds_its_step_and_all_after_it():
    _, practice = practised(composite())
    steps = [each.step for each in practice.questions]
    assert steps == [8, 13, 16, 22, 23]
    for step in [*steps, len(practice.shown)]:
        assert [frame is None for frame in practice.shown] == [
            i >= step for i in range(len(practice.shown))
        ]
        practice.reveal()
    assert practice.attempt("1") == practice.hint() == practice.reveal()


def test_what_is_sent_grows_with_the_hints():
    _, practice = practised(composite())
    seen = [practice.state()[0]]
    for _ in range(3):
        practice.hint()
        seen.append(practice.state()[0])
    assert [len(each["hints"]) for each in seen] == [0, 1, 2, 3]
    assert [each["moreHints"] for each in seen] == [True, True, True, False]
    practice.attempt("99")
    assert practice.state()[0]["solved"]
    assert practice.state()[0]["says"].startswith("Yes. It is 99.")
    assert practice.gate == 13


def test_the_nudge_is_not_told():
    computation = composite()
    told, kept = str(computation.trace), str(without_nudge(computation.trace))
    assert "260 times the nudge" in told
    assert "nudge" not in kept.partition("backward")[0]
    assert "z is 99. How does it move when an input moves?" in kept


def test_a_branch_is_taken_again_in_the_twin():
    def bent(x):
        return (x * x * 1.3).sin() if x > 0 else x.exp() * x

    for at, op in ((0.7, "sin"), (-0.7, "exp")):
        computation = Computation(bent, (mg.tensor(at, requires_grad=True, name="x"),))
        assert any(op in question.hints[2] for question in practised(computation)[1].questions)


def test_a_number_that_stands_elsewhere_on_the_page_is_not_asked():
    trace, practice = practised(composite())
    frames = [frame.as_dict() for frame in Screenplay(trace).frames]
    also = Practice(trace, frames, twins(composite()), also=["from −9 to 99", "260"])
    assert [each.names for each in also.questions if each.truth in (99, 260)] == []
    assert {99.0, 260.0} <= {each.truth for each in practice.questions}


def test_an_answer_that_an_earlier_hint_tells_is_not_asked():
    trace, practice = practised(composite())
    frames = [frame.as_dict() for frame in Screenplay(trace).frames]
    telling = Practice(trace, frames, [composite((1.0, 1.0, 1.0)).trace])
    assert "2·y is 6" in telling.questions[0].hints[2]
    assert 6 in {each.truth for each in practice.questions}
    assert 6 not in {each.truth for each in telling.questions}
