"""The examples of the four documents that the project grew from, each with its number.

Two are about Burn (Rust), one about Aprender (Rust), one about PyTorch. The numbers are
theirs where they are right; each was computed again with PyTorch 2.13.0.
"""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


def leaf(data, **kinds):
    return mg.tensor(data, requires_grad=True, **kinds)


def close(tensor, numbers, tolerance=1e-6):
    np.testing.assert_allclose(tensor.tolist(), numbers, rtol=tolerance, atol=tolerance)


# Burn: tensors, sums and gradients in a container of their own -----------------------


def test_a_doubled_sum():
    y = leaf([1.0, 2.0, 3.0, 4.0])
    total = (y * 2).sum()
    assert total.item() == 20.0
    assert mg.autograd.grad(total, y)[0].tolist() == [2.0] * 4


def test_gradients_in_a_container_of_their_own():
    a, b, c = leaf([10.0]), leaf([5.0]), leaf([2.0])
    y = a * b + c
    grads = mg.autograd.grad(y, [a, b, c])
    assert y.tolist() == [52.0]
    assert [each.tolist() for each in grads] == [[5.0], [10.0], [1.0]]
    assert (a.grad, grads[0].requires_grad) == (None, False)


def test_squares():
    x = leaf([1.0, 2.0, 3.0, 4.0])
    y = x.pow(2.0)
    assert y.tolist() == [1.0, 4.0, 9.0, 16.0]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0, 8.0]


def test_the_chain_rule_through_a_sine():
    x = leaf([0.0, 1.0, 2.0, 3.0])
    y = (x**2).sin()
    close(y, [0.0, 0.84147096, -0.7568025, 0.4121185])
    y.sum().backward()
    close(x.grad, [0.0, 1.0806046, -2.6145744, -5.4667816])


DESCENT = [
    (0.0, 9.0), (0.6, 5.76), (1.08, 3.6864), (1.464, 2.3593), (1.7712, 1.5099), (2.0170, 0.9664),
    (2.2136, 0.6185), (2.3709, 0.3958), (2.4967, 0.2533), (2.5973, 0.1621), (2.6779, 0.1038),
    (2.7423, 0.0664), (2.7938, 0.0425), (2.8351, 0.0272), (2.8681, 0.0174), (2.8944, 0.0111),
    (2.9156, 0.0071), (2.9324, 0.0046), (2.9460, 0.0029), (2.9568, 0.0019),
]  # fmt: skip


def test_twenty_steps_down_a_parabola():
    x = leaf(0.0)
    seen = []
    for _ in range(20):
        loss = (x - 3) ** 2
        seen.append((round(x.item(), 4), round(loss.item(), 4)))
        (slope,) = mg.autograd.grad(loss, x)
        x = (x.detach() - 0.1 * slope).requires_grad_()
    assert seen == DESCENT
    assert round(x.item(), 4) == 2.9654
    assert x.item() == pytest.approx(3 * (1 - 0.8**20), rel=1e-6)


def test_a_line_without_noise():
    x = (mg.arange(100, dtype=mg.float32) / 10).reshape(100, 1)
    y = 2 * x + 1
    w, b = leaf([[0.5]]), leaf([[0.5]])
    seen = {}
    for epoch in range(100):
        loss = ((x.matmul(w) + b - y) ** 2).mean()
        loss.backward()
        with mg.no_grad():
            for each in (w, b):
                each -= 0.01 * each.grad
                each.grad.zero_()
        seen[epoch] = loss.item(), w.item(), b.item()
    close(mg.tensor(seen[0]), [81.5537, 1.5346, 0.6585], 1e-4)
    close(mg.tensor(seen[80]), [0.0081, 2.0270, 0.8222], 1e-4)
    close(mg.tensor([w.item(), b.item()]), [2.0246, 0.8382], 1e-4)


def test_one_neuron():
    x, target = mg.tensor(2.0), mg.tensor(10.0)
    w, b = leaf(3.0), leaf(1.0)
    losses = []
    for _ in range(100):
        loss = (w * x + b - target) ** 2
        losses.append(loss.item())
        slopes = mg.autograd.grad(loss, [w, b])
        w, b = (
            (each - 0.01 * slope).detach().requires_grad_()
            for each, slope in zip((w, b), slopes, strict=True)
        )
    close(mg.tensor(losses[:3]), [9.0, 7.29, 5.9049])
    close(mg.tensor([w.item(), b.item()]), [4.1999681, 1.5999841])
    final = ((w * x + b - target) ** 2).item()
    # The last loss is some 1e-8: float32 keeps 10 - y to a few of its last digits only.
    assert final == pytest.approx(9 * 0.81**100, rel=0.05)


# Aprender: operations, activations, broadcasting, layers ----------------------------

A, B = [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]


@pytest.mark.parametrize(
    ("made", "numbers"),
    [
        (lambda a, b: a + b, [5.0, 7.0, 9.0]),
        (lambda a, b: a - b, [-3.0, -3.0, -3.0]),
        (lambda a, b: a * b, [4.0, 10.0, 18.0]),
        (lambda a, b: a / b, [0.25, 0.4, 0.5]),
        (lambda a, b: -a, [-1.0, -2.0, -3.0]),
        (lambda a, b: a.exp(), [math.e, math.e**2, math.e**3]),
        (lambda a, b: a.log(), [0.0, math.log(2), math.log(3)]),
        (lambda a, b: a.sqrt(), [1.0, math.sqrt(2), math.sqrt(3)]),
        (lambda a, b: a.pow(2.0), [1.0, 4.0, 9.0]),
    ],
)
def test_arithmetic(made, numbers):
    close(made(mg.tensor(A), mg.tensor(B)), numbers)


def test_reductions_and_products():
    a, b = mg.tensor([[1.0, 2.0], [3.0, 4.0]]), mg.tensor([[5.0, 6.0], [7.0, 8.0]])
    assert (a.sum().item(), a.mean().item()) == (10.0, 2.5)
    assert (a.sum(0).tolist(), a.sum(1).tolist()) == ([4.0, 6.0], [3.0, 7.0])
    assert a.matmul(b).tolist() == [[19.0, 22.0], [43.0, 50.0]]
    assert a.T.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert a.view(4).tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("function", "numbers"),
    [
        (nn.functional.relu, [0.0, 0.0, 1.0]),
        (nn.functional.sigmoid, [0.268941421, 0.5, 0.731058579]),
        (nn.functional.tanh, [-0.761594156, 0.0, 0.761594156]),
        (nn.functional.gelu, [-0.158655254, 0.0, 0.841344746]),
        (lambda x: nn.functional.gelu(x, approximate="tanh"), [-0.158808009, 0.0, 0.841191991]),
        (lambda x: nn.functional.leaky_relu(x, 0.01), [-0.01, 0.0, 1.0]),
    ],
)
def test_activations(function, numbers):
    close(function(mg.tensor([-1.0, 0.0, 1.0])), numbers)


def test_softmax():
    close(mg.tensor(A).softmax(0), [0.090030573, 0.244728471, 0.665240956])


def test_a_bias_is_broadcast_and_its_gradient_summed():
    x, bias = mg.tensor([[1.0, 2.0], [3.0, 4.0]]), leaf([10.0, 20.0])
    y = x + bias
    assert y.tolist() == [[11.0, 22.0], [13.0, 24.0]]
    y.sum().backward()
    assert bias.grad.tolist() == [2.0, 2.0]


def test_a_weighted_sum():
    x, w = leaf(A), leaf([0.5, 0.5, 0.5])
    (x * w).sum().backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([0.5, 0.5, 0.5], A)


def test_nothing_is_recorded_under_no_grad():
    assert mg.is_grad_enabled()
    with mg.no_grad():
        assert not mg.is_grad_enabled()
        assert not (leaf(A) * 2).requires_grad


def test_the_gradient_check_needs_float64():
    assert mg.autograd.gradcheck(lambda x: (x**2).sum(), leaf(A, dtype=mg.float64))


LOSSES = [41.0, 1.0733, 0.0396, 0.0122, 0.0108, 0.0102, 0.0096, 0.0090, 0.0085, 0.0080]


def test_a_line_through_four_points():
    x = mg.tensor([1.0, 2.0, 3.0, 4.0])
    y = 2 * x + 1
    w, b = leaf([0.0]), leaf([0.0])
    optimizer = mg.optim.SGD([w, b], lr=0.01)
    losses = []
    for epoch in range(100):
        optimizer.zero_grad()
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses += [round(loss.item(), 4)] * (epoch % 10 == 0)
    assert losses == LOSSES
    assert (round(w.item(), 2), round(b.item(), 2)) == (2.07, 0.79)  # not yet 2 and 1


def test_without_clearing_gradients_it_swings():
    x = mg.tensor([1.0, 2.0, 3.0, 4.0])
    y = 2 * x + 1
    w, b = leaf([0.0]), leaf([0.0])
    for _ in range(100):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        with mg.no_grad():
            w -= 0.01 * w.grad
            b -= 0.01 * b.grad
    assert (round(w.item(), 2), round(b.item(), 2)) == (3.93, 1.43)


def test_a_network_of_three_layers():
    mlp = nn.Sequential(
        nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
    )
    parameters = list(mlp.parameters())
    assert (len(parameters), sum(each.numel() for each in parameters)) == (6, 4994)
    assert mlp(mg.zeros(3, 10)).shape == (3, 2)


# PyTorch: the autograd tutorial ------------------------------------------------------


def test_a_polynomial():
    x = leaf(2.0)
    y = x**2 + x * 3 + 1
    assert f"{y} {y.requires_grad}" == "11.0 True"
    y.backward()
    assert f"{x.grad}" == "7.0"
    v = leaf(A)
    w = v**2 + v * 3 + 1
    assert repr(w) == "tensor([ 5., 11., 19.], grad_fn=<AddBackward0>)"
    w.sum().backward()
    assert (w.sum().item(), v.grad.tolist()) == (35.0, [5.0, 7.0, 9.0])


def test_a_composite():
    x, a, b = leaf(1.0), leaf(2.0), leaf(3.0)
    y = a * x**2 + b * x + 1
    z = y**2 + 2 * y
    z.backward()
    assert (y.item(), z.item()) == (6.0, 48.0)
    assert (x.grad.item(), a.grad.item(), b.grad.item()) == (98.0, 14.0, 14.0)


def test_gradients_add_up_until_they_are_cleared():
    x = leaf(1.0)
    seen = []
    for i in range(3):
        (x**2 + i).backward()
        seen.append(x.grad.item())
    assert seen == [2.0, 4.0, 6.0]
    assert repr(x.grad.zero_()) == "tensor(0.)"


def test_seeded_normal_numbers():
    mg.manual_seed(42)
    assert mg.randn(100, 1)[:5].flatten().tolist() == [
        pytest.approx(each, rel=1e-7)
        for each in (1.9269153, 1.4872841, 0.9007172, -2.105521, 0.67841846)
    ]


EPOCHS = {
    20: (2.3416, 0.6630, 0.3662), 40: (1.0303, 1.1058, 0.5999), 60: (0.4566, 1.4017, 0.7487),
    80: (0.2051, 1.5996, 0.8432), 100: (0.0947, 1.7320, 0.9030),
}  # fmt: skip


def test_a_noisy_line():
    mg.manual_seed(42)
    x = mg.randn(100, 1)
    y = 2 * x + 1 + 0.1 * mg.randn(100, 1)
    w, b = leaf(0.0), leaf(0.0)
    for epoch in range(1, 101):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        with mg.no_grad():
            w -= 0.01 * w.grad
            b -= 0.01 * b.grad
        w.grad.zero_()
        b.grad.zero_()
        if epoch in EPOCHS:
            assert (round(loss.item(), 4), round(w.item(), 4), round(b.item(), 4)) == EPOCHS[epoch]
