"""An expression is read safely, computes what Python would, and is refused with a sentence."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.errors import TraceError
from minigrad_widgets import ExpressionStepper
from minigrad_widgets.expression import FUNCTIONS, Expression


def value(text, **numbers):
    expression = Expression(text)
    return expression(*expression.leaves(numbers)).item()


def test_it_computes_what_it_says():
    assert value("sin(a*b) + c", a=0.5, b=3, c=-1) == pytest.approx(math.sin(1.5) - 1, abs=1e-12)
    assert value("-x**2 / (y - 1)", x=3, y=-2) == 3
    assert value("maximum(x, 2)", x=1) == 2


def test_names_stand_in_the_order_in_which_they_are_written():
    assert Expression("b + a*b + sigmoid(c)").names == ["b", "a", "c"]


def test_a_name_alone_has_a_graph_too():
    assert value("x", x=3) == 3


@st.composite
def arithmetic(draw, depth=3):
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["x", "y", "2", "0.5"]))
    left, right = draw(arithmetic(depth=depth - 1)), draw(arithmetic(depth=depth - 1))
    return f"({left} {draw(st.sampled_from('+-*'))} {right})"


@given(arithmetic())
def test_it_agrees_with_python(text):
    if "x" in text or "y" in text:
        python = eval(text, {}, {"x": 1.5, "y": -0.25})
        assert value(text, x=1.5, y=-0.25) == pytest.approx(python, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Type an expression"),
        ("a +", "cannot be read"),
        ("x^2", "write **"),
        ("2x", "Write 2*x"),
        ("foo(x)", "no function foo"),
        ("sin", "write sin(x)"),
        ("sin(x, y)", "2 numbers"),
        ("1 + 2", "at least one name"),
        ("x.data", "“x.data” is not arithmetic"),
        ("__import__('os').system('ls')", "is not arithmetic"),
        ("x if x else y", "is not arithmetic"),
        ("[x for x in y]", "is not arithmetic"),
        ("lambda: x", "is not arithmetic"),
        ("(x := 3)", "is not arithmetic"),
        ("sin(x=1)", "is not arithmetic"),
        ("'a' * x", "is not arithmetic"),
        ("9**9**9*x", "beyond what a computer holds"),
        ("x + 1/0", "divided by 0"),
        ("x" * 300, "longer than 200"),
        ("(" * 150 + "x" + ")" * 40, "cannot be read"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text, said):
    with pytest.raises(TraceError) as refusal:
        value(text)
    assert said in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_can_be_stepped(name):
    arguments = "x, y" if name in ("maximum", "minimum") else "x"
    stepper = ExpressionStepper(f"{name}({arguments})", x=0.5, y=0.25)
    assert stepper.error == ""
    assert stepper.frames[-1]["phase"] == "backward"


def ask(stepper, **request):
    stepper._on_request(stepper, request, [])


def test_typing_on_keeps_the_numbers_and_a_mistake_keeps_the_graph():
    stepper = ExpressionStepper("a*b", a=2, b=-3)
    ask(stepper, kind="edit", leaf=0, name="a", text="5", edit=1)
    ask(stepper, kind="expression", text="a*b +", edit=2)
    assert (stepper.edit, "cannot be read" in stepper.error) == (2, True)
    assert "−15" in str(stepper)
    ask(stepper, kind="expression", text="a*b + c", edit=3)
    assert (stepper.edit, stepper.error, stepper.expression) == (3, "", "a*b + c")
    assert [(leaf["name"], leaf["text"]) for leaf in stepper.leaves][:2] == [
        ("a", "5"),
        ("b", "-3"),
    ]
