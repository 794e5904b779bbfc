"""`autograd.Function`: ops of the reader's own. What is expected is what PyTorch does."""

import pytest

import minigrad as mg
from engine_helpers import dies_at_once
from minigrad.autograd import Function


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


class Exp(Function):
    """Saves its output, and takes its context from setup_context."""

    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return y * g


class Both(Function):
    """Two outputs, and an argument that is no tensor."""

    calls = 0

    @staticmethod
    def forward(ctx, a, b, factor):
        ctx.save_for_backward(a, b)
        ctx.factor = factor
        return a * b * factor, a + b

    @staticmethod
    def backward(ctx, product, total):
        Both.calls += 1
        a, b = ctx.saved_tensors
        at_a = b * ctx.factor * product + total if ctx.needs_input_grad[0] else None
        at_b = a * ctx.factor * product + total if ctx.needs_input_grad[1] else None
        return at_a, at_b, None


def leaf(*numbers):
    return mg.tensor(list(numbers), requires_grad=True)


def test_forward_and_backward():
    x = leaf(2.0, 3.0)
    y = Square.apply(x)
    assert (y.tolist(), y.grad_fn.name(), repr(y.grad_fn)) == (
        [4.0, 9.0], "SquareBackward", "<SquareBackward>",
    )  # fmt: skip
    y.sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


def test_the_backward_is_itself_differentiated():
    x = leaf(2.0)
    (slope,) = mg.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    assert mg.autograd.grad(slope.sum(), x)[0].tolist() == [2.0]
    (slope,) = mg.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
    (second,) = mg.autograd.grad(slope.sum(), x, create_graph=True)
    assert mg.autograd.grad(second.sum(), x)[0].tolist() == Exp.apply(x).tolist()


def test_several_outputs_go_back_in_one_call():
    a, b = leaf(2.0), leaf(3.0)
    Both.calls = 0
    product, total = Both.apply(a, b, 10)
    (product * total).sum().backward()
    assert (Both.calls, a.grad.tolist(), b.grad.tolist()) == (1, [210.0], [160.0])


@pytest.mark.parametrize(("which", "expected"), [(0, [30.0]), (1, [1.0])])
def test_an_output_that_was_not_used_brings_zeros(which, expected):
    a, b = leaf(2.0), leaf(3.0)
    Both.apply(a, b, 10)[which].sum().backward()
    assert a.grad.tolist() == expected


def test_none_instead_of_zeros_on_demand():
    class Given(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x + 1, x + 2

        @staticmethod
        def backward(ctx, first, second):
            assert second is None
            return first

    x = leaf(1.0)
    Given.apply(x)[0].sum().backward()
    assert x.grad.tolist() == [1.0]


def test_only_inputs_that_need_a_gradient_are_asked_for():
    a, b = leaf(2.0), mg.tensor([3.0])
    Both.apply(a, b, 10)[0].sum().backward()
    assert (a.grad.tolist(), b.grad) == ([30.0], None)


def test_nothing_is_recorded_where_nothing_needs_it():
    assert Square.apply(mg.tensor([2.0])).grad_fn is None
    with mg.no_grad():
        assert Square.apply(leaf(2.0)).grad_fn is None


def test_nothing_inside_forward_is_recorded():
    class Inner(Square):
        @staticmethod
        def forward(ctx, x):
            assert not mg.is_grad_enabled()
            y = x * 2
            assert not y.requires_grad
            ctx.save_for_backward(x)
            return y

    assert Inner.apply(leaf(1.0)).requires_grad


def test_an_input_that_is_handed_through_is_another_tensor():
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return -g

    x = leaf(1.0)
    y = Same.apply(x)
    assert y is not x
    y.sum().backward()
    assert x.grad.tolist() == [-1.0]


def test_integers_and_what_is_marked_have_no_gradient():
    class Ranks(Function):
        @staticmethod
        def forward(ctx, x):
            signs = x * 0
            ctx.mark_non_differentiable(signs)
            return x * 1, signs, x > 0

        @staticmethod
        def backward(ctx, g, *_):
            return g

    y, signs, positive = Ranks.apply(leaf(1.0, -1.0))
    assert (y.requires_grad, signs.requires_grad, positive.requires_grad) == (True, False, False)


def test_a_gradient_for_a_stretched_input_is_summed():
    class Add(Function):
        @staticmethod
        def forward(ctx, a, b):
            return a + b

        @staticmethod
        def backward(ctx, g):
            return g, g

    a, b = leaf(1.0, 2.0), leaf(3.0)
    Add.apply(a, b).sum().backward()
    assert b.grad.tolist() == [2.0]


def wrong(returned):
    class Wrong(Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * b

        @staticmethod
        def backward(ctx, g):
            return returned(g)

    return Wrong


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda g: g, r"Wrong.backward returned 1 gradients, and forward had 2 inputs \(a, b\)"),
        (lambda g: (g, g, g), "returned 3 gradients, and forward had 2"),
        (
            lambda g: (g, g[:1].expand(3)),
            r"of shape \(3,\) for its input b of shape \(2,\)",
        ),
        (lambda g: (g, 1.0), "returned float for its input b"),
    ],
)
def test_a_backward_that_does_not_fit_is_refused(returned, said):
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with pytest.raises(RuntimeError, match=said):
        wrong(returned).apply(a, b).sum().backward()


def test_more_nones_than_inputs_do_no_harm():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    wrong(lambda g: (g, None, None)).apply(a, b).sum().backward()
    assert (a.grad.tolist(), b.grad) == ([1.0, 1.0], None)


def test_a_function_is_applied_not_called():
    with pytest.raises(RuntimeError, match=r"Use Square by Square.apply\(…\), not Square\(…\)"):
        Square(leaf(1.0))


def test_what_is_missing_is_named():
    class Empty(Function):
        pass

    with pytest.raises(NotImplementedError, match=r"forward\(ctx, \*inputs\)"):
        Empty.apply(leaf(1.0))

    class Half(Square):
        backward = Function.backward

    with pytest.raises(NotImplementedError, match=r"backward\(ctx, \*grads\)"):
        Half.apply(leaf(1.0)).sum().backward()


def test_a_saved_tensor_that_changed_is_noticed():
    x = leaf(1.0)
    y = x * 1
    z = Square.apply(y)
    y += 1
    with pytest.raises(RuntimeError, match="y was saved for backward and changed in place since"):
        z.sum().backward()
    y = Exp.apply(x)
    z = y * 1
    y.mul_(2)
    with pytest.raises(RuntimeError, match="a result was saved for backward and changed in place"):
        z.sum().backward()


def test_only_tensors_are_saved():
    class Number(Square):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, 3)

    with pytest.raises(TypeError, match=r"keeps tensors or None, not int.*ctx\.n = n"):
        Number.apply(leaf(1.0))


def test_backward_twice_is_refused_unless_the_graph_is_kept():
    x = leaf(2.0)
    y = Square.apply(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [8.0]
    with pytest.raises(RuntimeError, match=r"freed by an earlier backward pass"):
        Square.apply(x).sum().backward() or y.backward()


@pytest.mark.parametrize("function", [Square, Exp])
def test_the_graph_dies_with_its_tensors(function):
    x = leaf(2.0)
    assert dies_at_once(lambda: function.apply(x))


def test_a_function_is_stepped_like_an_op():
    a, b = leaf(2.0), leaf(3.0)
    product, total = Both.apply(a, b, 10)
    loss = (product * total).sum()
    trace = mg.trace(loss)
    loss.backward()
    deposits = {
        trace.nodes[step.node].name: step.after.tolist()
        for step in trace.steps
        if step.kind == "deposit"
    }
    assert deposits == {"a": a.grad.tolist(), "b": b.grad.tolist()}
    assert [node.name for node in trace.nodes][:4] == ["a", "b", "product", "total"]
    with mg.record() as recording:
        Square.apply(a)
    assert [node.op for node in mg.trace(recording).nodes] == ["", "Square"]


def test_a_function_that_draws_is_not_shown_with_other_numbers():
    class Noise(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.noise = mg.randn(1)
            return x * ctx.noise

        @staticmethod
        def backward(ctx, g):
            return g * ctx.noise

    x = leaf(2.0)
    y = Noise.apply(x).sum()
    with pytest.raises(mg.autograd.function.errors.TraceError):
        mg.trace(y)


class Saves(Function):
    """Two outputs, both saved."""

    @staticmethod
    def forward(ctx, x):
        a, b = x.exp(), x.sin()
        ctx.save_for_backward(a, b)
        return a, b

    @staticmethod
    def backward(ctx, ga, gb):
        a, b = ctx.saved_tensors
        return ga * a + gb * (1 - b * b).sqrt()


def test_saved_outputs_are_differentiated_further():
    x = mg.tensor(0.5, dtype=mg.float64, requires_grad=True)
    a, b = Saves.apply(x)
    found = []
    result = a * b
    for _ in range(3):
        (result,) = mg.autograd.grad(result, x, create_graph=True)
        found.append(result.item())
    e, s, c = (f(x.detach()).item() for f in (mg.exp, mg.sin, mg.cos))
    assert found == pytest.approx([e * (s + c), 2 * e * c, 2 * e * (c - s)], rel=1e-12)


def through(part):
    class Through(Function):
        @staticmethod
        def forward(ctx, x):
            return part(x)

        @staticmethod
        def backward(ctx, g):
            return 3 * g

    return Through


@pytest.mark.parametrize("part", [lambda x: x, lambda x: x.view(-1), lambda x: x[:]])
def test_what_shows_an_inputs_memory_is_not_changed_in_place(part):
    x = leaf(1.0, 2.0)
    y = through(part).apply(x)
    with pytest.raises(RuntimeError, match="in-place change"):
        y.add_(1)
    z = x * 1
    y = through(part).apply(z)
    with pytest.raises(RuntimeError, match=r"view of z inside no_grad or a Function"):
        y.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_the_outputs_of_a_function_are_told_apart():
    a, b = leaf(2.0), leaf(3.0)
    names = [each.name for each in mg.trace(sum(Both.apply(a, b, 2)).sum()).nodes]
    assert "Both(a, b, 2)[0]" in names
    assert "Both(a, b, 2)[1]" in names
