"""Jacobians, Hessians and products: what is refused. Their numbers: samples/functional.py."""

import pytest

import minigrad as mg
from engine_helpers import leaf

functional = mg.autograd.functional
FIRST = [functional.jacobian, functional.vjp, functional.jvp]
SECOND = [functional.hessian, functional.vhp, functional.hvp]


def total(x):
    return (x**3).sum()


@pytest.mark.parametrize("derive", FIRST + SECOND)
def test_inputs_that_are_no_tensors(derive):
    with pytest.raises(TypeError, match=r"inputs must be a Tensor or a tuple .* is of type list"):
        derive(total, [mg.tensor([1.0])])
    with pytest.raises(TypeError, match="number 1 of them is of type float"):
        derive(lambda x, n: x * n, (mg.tensor(1.0), 2.0))
    with pytest.raises(TypeError, match=r"The result of func must be .* is of type float"):
        derive(lambda x: 3.0, mg.tensor(1.0))
    with pytest.raises(RuntimeError, match="floating"):
        derive(total, mg.tensor([1, 2]))


@pytest.mark.parametrize("derive", SECOND)
def test_a_hessian_needs_one_number(derive):
    with pytest.raises(RuntimeError, match=r"returns one number; this returns \(1,\), \(1,\)"):
        derive(lambda x: (x, x), mg.tensor([1.0]))
    with pytest.raises(RuntimeError, match=r"returns one number; this returns \(2,\)"):
        derive(lambda x: x, mg.tensor([1.0, 2.0]), *([] if derive is functional.hessian else [
            mg.tensor([1.0, 2.0])
        ]))  # fmt: skip


@pytest.mark.parametrize("derive", [functional.jvp, functional.vhp, functional.hvp])
def test_a_vector_that_does_not_fit_the_inputs(derive):
    x = mg.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match="v can only be left out where the inputs is one number"):
        derive(total, x)
    with pytest.raises(RuntimeError, match=r"the inputs, of shape \(2,\), but v has shape \(3,\)"):
        derive(total, x, mg.tensor([1.0, 2.0, 3.0]))
    with pytest.raises(RuntimeError, match=r"but v has shape \(2,\), \(2,\)"):
        derive(total, x, (x, x))


def test_a_vector_that_does_not_fit_the_result():
    x = mg.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match="v can only be left out where the result of func is"):
        functional.vjp(lambda x: x * x, x)
    with pytest.raises(
        RuntimeError, match=r"result of func, of shape \(\), but v has shape \(2,\)"
    ):
        functional.vjp(total, x, x)


@pytest.mark.parametrize("derive", FIRST + SECOND)
def test_strict_refuses_what_makes_no_difference(derive):
    x, y = mg.tensor(1.0), mg.tensor(2.0)
    with pytest.raises(RuntimeError, match=r"strict=True.*output 0 of func does not depend"):
        derive(lambda x: x.detach(), x, strict=True)
    vector = [] if derive in (functional.jacobian, functional.hessian, functional.vjp) else [(x, y)]
    with pytest.raises(RuntimeError, match=r"strict=True.* input 1"):
        derive(lambda x, y: x**3, (x, y), *vector, strict=True)
    derive(lambda x, y: x**3 * y**3, (x, y), *vector, strict=True)


@pytest.mark.parametrize("derive", SECOND)
def test_strict_refuses_a_hessian_of_a_line(derive):
    with pytest.raises(RuntimeError, match="gradient for input 0 does not depend on it"):
        derive(lambda x: 2 * x, mg.tensor(1.0), strict=True)


def test_strict_and_recorded():
    for derive in FIRST:
        with pytest.raises(RuntimeError, match="strict=True"):
            derive(lambda x: 2 * x, leaf(1.0), create_graph=True, strict=True)
        derive(lambda x: 2 * x, leaf(1.0), strict=True)


def test_results_are_recorded_only_when_asked_and_no_grad_is_touched():
    x, w = leaf([1.0, 2.0]), leaf(3.0)
    for recorded in (False, True):
        made, product = functional.vjp(lambda x: (x * w).sum(), x, create_graph=recorded)
        assert made.requires_grad is product.requires_grad is recorded
    assert mg.autograd.grad(product.sum(), w)[0].item() == 2.0
    assert x.grad is None
    assert w.grad is None


def test_they_work_under_no_grad():
    with mg.no_grad():
        matrix = functional.hessian(total, mg.tensor([1.0, 2.0]))
        recorded = functional.jacobian(total, leaf([1.0, 2.0]), create_graph=True)
    assert matrix.tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert recorded.requires_grad


def test_the_same_tensor_reached_another_way_is_a_constant():
    x = leaf([1.0, 2.0])
    assert functional.jacobian(lambda y: y * x, x).tolist() == [[1.0, 0.0], [0.0, 2.0]]
