"""Practice asks what the page does not show, and knows the slip behind a wrong answer."""

import json
import math
import random
import re
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from practised import NUMBERS, composite, forms, many, practised

import minigrad as mg
from minigrad.diagnose import diagnose
from minigrad.printing import rounded
from minigrad.traces import Deposit, EdgeStep, Forward, Meet, Unbroadcast
from minigrad.tracing import Computation
from minigrad_widgets.grids import cell_text
from minigrad_widgets.practice import Practice
from minigrad_widgets.questions import twins, without_nudge
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
    names = [f"{node.name} {node.badge} {node.line}" for node in trace.nodes]
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


def test_many_questions_are_about_tensors():
    of_tensors = Counter(q.what for _, q, _ in asked() if q.cell or q.what in ("product", "sum"))
    print(dict(of_tensors))
    assert of_tensors.total() >= 100
    assert min(of_tensors[what] for what in ("contribution", "product", "sum")) >= 20


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


def in_cell(value):
    """A number of a tensor as the picture shows it, rounded until it fits."""
    return float(cell_text(float(value)).replace("−", "-").removeprefix("≈"))


def in_table(value):
    return rounded(float(value))


READINGS = {False: [in_table], True: [in_cell, in_table]}  # of a cell?


def terms_at(trace, question):
    """What is summed in a product of matrices, or back after broadcasting."""
    step = trace.steps[question.step]
    if isinstance(step, Unbroadcast):
        (move,) = [
            each
            for before in trace.steps[: question.step]
            if isinstance(before, EdgeStep)
            for each in before.moves
            if each.edge == step.edge
        ]
        up, own = (np.broadcast_to(each, step.before.shape) for each in (move.arriving, move.local))
        for place in np.ndindex(step.before.shape):
            back = place[len(place) - step.after.ndim :]
            back = tuple(min(at, size - 1) for at, size in zip(back, step.after.shape, strict=True))
            if back == question.cell:
                yield up[place], own[place]
    else:
        left, right = factors_at(trace, step)
        row, column = question.cell
        yield from zip(left[row], right[:, column], strict=True)


def factors_at(trace, step):
    """The two matrices whose product a road brings."""
    (move,) = step.moves
    edge, g = trace.edges[move.edge], move.arriving
    x, w = (
        trace.nodes[each.source].value
        for each in sorted(trace.edges, key=lambda each: each.position)
        if each.target == edge.target and each.position < 2
    )
    if trace.nodes[edge.target].op == "linear":
        return (g.T, x) if edge.position else (g, w)
    return (x.T, g) if edge.position else (g, w.T)


def test_what_the_shown_numbers_give_is_right():
    """The arithmetic of somebody who reads rounded numbers off the page."""
    many = Counter()
    for trace, question, slips in asked():
        match question.what, trace.steps[question.step]:
            case "total", Meet(parts=parts):
                computed = [sum(rounded(float(part)) for part in parts)]
            case "contribution", EdgeStep(moves=(move,)) if question.topic == "mul":
                up, own = (np.broadcast_to(each, move.contribution.shape)[question.cell]
                           for each in (move.arriving, move.local))  # fmt: skip
                computed = [read(up) * read(own) for read in READINGS[bool(question.cell)]]
            case "product" | "sum", _:
                computed = [
                    sum(math.prod(map(read, term)) for term in terms_at(trace, question))
                    for read in READINGS[True]
                ]
            case _:
                continue
        many[question.what] += 1
        assert all(judged(question, slips, repr(each)).right for each in computed)
    assert min(many[what] for what in ("total", "contribution", "product", "sum")) > 40


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
        case Unbroadcast():
            brought = [math.prod(map(in_cell, term)) for term in terms_at(trace, question)]
            yield "forgot the broadcast sum", brought[-1]
            yield "took the first row only", brought[0]
            yield "took the mean for the sum", sum(brought) / len(brought)
        case EdgeStep(moves=(move,)) if question.what == "product":
            brought = [math.prod(map(in_cell, term)) for term in terms_at(trace, question)]
            yield "took one product only", brought[0]
            yield "took the mean for the sum", sum(brought) / len(brought)
            left, right = map(np.vectorize(in_cell), factors_at(trace, step))
            row, column = question.cell
            yield from (
                ("transposed or swapped a factor", float((a @ b)[row, column]))
                for a, b in [(left.T, right), (left, right.T), (right, left), (right.T, left.T)]
                if a.shape[1] == b.shape[0] and row < a.shape[0] and column < b.shape[1]
            )
        case EdgeStep(moves=(move,)) if question.cell:
            up, own = (np.broadcast_to(each, move.contribution.shape)[question.cell]
                       for each in (move.arriving, move.local))  # fmt: skip
            yield "forgot the arriving slope", in_cell(own)
            yield "stopped early", in_cell(up)
            yield "added along a road", in_cell(up) + in_cell(own)
            if question.topic == "pow":  # the 2 of a squared error
                yield "forgot to bring the exponent down", in_cell(up) * in_cell(own) / 2
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
    assert len(planted) == 24


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


def test_an_answer_in_a_line_of_code_is_not_asked():
    trace, practice = practised(composite())
    asked = practice.questions[0]
    assert (asked.names, asked.truth) == ("z", 99)
    root = replace(trace.nodes[-1], line="z = y**2 + 2 * y  # 99 at the end")
    telling = replace(trace, nodes=(*trace.nodes[:-1], root))
    frames = [frame.as_dict() for frame in Screenplay(telling).frames]
    also = Practice(telling, frames, twins(composite()))
    assert [each.asks for each in also.questions[1:]] == [
        each.asks for each in practice.questions[1:]
    ]
    assert also.questions[0].truth != 99


def test_of_two_equal_roads_none_is_asked():
    x = mg.tensor(1.7, requires_grad=True, name="x")
    _, practice = practised(Computation(((x * x).sin() * 1.3).exp()))
    assert practice.questions
    assert "x·x → x" not in {each.names for each in practice.questions}


def test_nothing_is_asked_behind_a_slope_that_the_shown_numbers_do_not_give():
    """At 3 tanh(x²) shows as 1, so 1 − y² shows as 0; its slope is 1e−7."""

    def asked_at(at):
        x = mg.tensor(at, requires_grad=True, name="x")
        _, practice = practised(Computation((x**2).tanh() * x))
        return {(each.what, each.names) for each in practice.questions if "→" in each.names}

    assert asked_at(0.7) == {("slope", "tanh(x²) → x²"), ("slope", "x² → x")}
    assert asked_at(3.0) == {("slope", "x² → x")}  # and not what comes over it


# Tensors -----------------------------------------------------------------------------------


def squares(columns=3):
    w = [[0.31, -1.2, 0.77], [1.4, 0.52, -0.9], [-0.43, 1.1, 0.26]]
    x = mg.tensor([[1.3, 0.4, -0.7], [-0.2, 1.9, 0.55], [0.83, -1.1, 1.6]], name="X")
    weight = mg.tensor([row * (columns // 3) for row in w], requires_grad=True, name="W")
    bias = mg.tensor([0.25, -0.6, 0.15] * (columns // 3), requires_grad=True, name="b")
    return ((x @ weight + bias) ** 2).mean()


@pytest.mark.parametrize(
    ("what", "typed", "slip"),
    [
        ("contribution", lambda w, b, g: g[0, 1] / 2, "forgot to bring the exponent down"),
        ("contribution", lambda w, b, g: g[0, 1] * 9, "forgot the arriving slope"),
        ("sum", lambda w, b, g: g[0, 0], "took the first row only"),
        ("sum", lambda w, b, g: g[2, 0], "forgot the broadcast sum"),
        ("sum", lambda w, b, g: b[0] / 3, "took the mean for the sum"),
        ("product", lambda w, b, g: w[0, 1] / 3, "took the mean for the sum"),
        ("product", lambda w, b, g: w[1, 0], "transposed or swapped a factor"),
        ("product", lambda w, b, g: 1.3 * g[0, 1], "took one product only"),
    ],
)
def test_a_slip_in_one_cell_of_a_gradient_is_met(what, typed, slip):
    loss = squares()
    trace, practice = practised(Computation(loss))
    loss.backward()
    w, b = (next(each for each in trace.nodes if each.name == name) for name in "Wb")
    assert [each.what for each in practice.questions] == ["contribution", "sum", "product"]
    while practice.questions[practice.current].what != what:
        practice.reveal()
    question = practice.questions[practice.current]
    g = next(step for step in trace.steps if isinstance(step, Unbroadcast)).before
    gradients = {step.node: step.after for step in trace.steps if isinstance(step, Deposit)}
    practice.attempt(f"{typed(gradients[w.id], gradients[b.id], g):.3g}")
    assert slip in practice.attempts[practice.current].slips
    practice.attempt(f"{question.truth:.3g}")
    assert practice.attempts[practice.questions.index(question)].solved


def test_a_cell_is_named_as_the_tables_name_it():
    _, practice = practised(Computation(squares()))
    assert [each.asks for each in practice.questions] == [
        "The road from (X @ W + b)² back to X @ W + b brings …? "
        "Give row 0, column 1; both count from 0.",
        "Summed back to the shape of b, the road from X @ W + b brings …? "
        "Give row 0, column 0; both count from 0.",
        "The road from X @ W back to W brings …? Give row 0, column 1; both count from 0.",
    ]


def test_only_small_tensors_are_asked_about():
    _, practice = practised(Computation(squares(columns=9)))
    assert practice.questions == []


# Another practice --------------------------------------------------------------------------


def test_what_was_answered_is_kept_where_the_same_is_asked():
    _, earlier = practised(composite())
    earlier.attempt("-99")
    earlier.attempt("99")
    earlier.hint()
    earlier.attempt("-220")
    _, practice = practised(composite())
    practice.resume(earlier)
    assert practice.state() == earlier.state()
    assert practice.attempts == earlier.attempts
    assert practice.gate == 13
    while practice.current is not None:
        practice.reveal()
    assert earlier.gate == 13  # its record is its own
    _, other = practised(composite((3.0, -3.0, 4.5)))
    other.resume(practice)
    same = {(each.asks, each.truth) for each in practice.questions}
    kept = [(each.asks, each.truth) in same for each in other.questions]
    assert [each.solved for each in other.attempts] == kept
    assert {*kept} == {True, False}


def test_an_answer_that_an_earlier_hint_tells_is_not_asked():
    trace, practice = practised(composite())
    frames = [frame.as_dict() for frame in Screenplay(trace).frames]
    telling = Practice(trace, frames, [composite((1.0, 1.0, 1.0)).trace])
    assert "2·y is 6" in telling.questions[0].hints[2]
    assert 6 in {each.truth for each in practice.questions}
    assert 6 not in {each.truth for each in telling.questions}
