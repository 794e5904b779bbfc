"""PyTorch's rules for changes in place, and for views."""

import numpy as np
import pytest

import minigrad as mg
from engine_helpers import leaf

# In place -------------------------------------------------------------------------------


def test_a_leaf_is_changed_under_no_grad_only():
    w = leaf([1.0, 2.0])
    same, memory = w, w.detach().numpy()
    with pytest.raises(RuntimeError, match="w is a leaf that requires a gradient"):
        w += 1
    with pytest.raises(RuntimeError, match="w is a leaf"):
        w.zero_()
    with mg.no_grad():
        w -= 1
        w *= 3
        w /= 2
    assert w is same
    assert w.requires_grad
    assert w.is_leaf
    assert memory.tolist() == w.tolist() == [0.0, 1.5]


def test_gradient_descent_by_hand():
    x = leaf(0.0)
    for _ in range(20):
        ((x - 3) ** 2).backward()
        with mg.no_grad():
            x -= 0.1 * x.grad
        x.grad.zero_()
    assert x.item() == pytest.approx(3 * (1 - 0.8**20), rel=1e-6)


@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_change_is_recorded(shape):
    x, w = leaf(np.full(shape, 2.0)), leaf(np.full(shape, 5.0))
    y = x * 3
    before = y
    y += w
    y -= 1
    assert y is before
    (y * y).sum().backward()
    assert x.grad.tolist() == np.full(shape, 60.0).tolist()
    assert w.grad.tolist() == np.full(shape, 20.0).tolist()


@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_change_does_not_spoil_itself(shape):
    # PyTorch keeps what `*=` and `/=` overwrite when the other factor needs it.
    x, w = leaf(np.full(shape, 2.0)), leaf(np.full(shape, 4.0))
    y = x * 1
    y *= w
    y /= w
    y += x / w
    y.sum().backward()
    assert x.grad.tolist() == np.full(shape, 1.25).tolist()
    assert w.grad.tolist() == np.full(shape, -0.125).tolist()


def test_a_quotient_may_be_changed():
    # PyTorch computes the slopes of a / b from a and b, so the quotient is free.
    a, b = leaf([6.0]), leaf([2.0])
    y = a / b
    y += 1
    y.backward()
    assert (a.grad.item(), b.grad.item()) == (0.5, -1.5)


def test_changed_numbers_that_are_needed_are_named():
    x = leaf([1.0, 2.0])
    y = x * x
    weight = mg.tensor([3.0, 4.0])
    z = (y * weight).sum()
    weight += 1
    with pytest.raises(RuntimeError, match="weight held when mul ran"):
        z.backward()
    y = x.exp()
    z = y.sum()
    y += 1
    with pytest.raises(RuntimeError, match="its result held when exp ran"):
        z.backward()
    y = x.sin()
    with mg.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="x held when sin ran"):
        y.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize("change", [lambda t: t.detach(), lambda t: t.data, lambda t: t[:1]])
def test_a_change_through_shared_memory_counts(change):
    w = mg.tensor([3.0, 4.0])
    x = leaf([1.0, 2.0])
    z = (x * w).sum()
    part = change(w)
    part += 1
    assert w.tolist()[0] == 4.0
    with pytest.raises(RuntimeError, match="w held when mul ran"):
        z.backward()


def test_a_change_that_is_not_needed_does_no_harm():
    x = leaf([1.0, 2.0])
    y = x + 1
    z = y * 3
    y *= 10
    z.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_the_result_must_fit():
    whole, wide = mg.tensor([1, 2]), mg.tensor([[1.0], [2.0]])
    with pytest.raises(RuntimeError, match="float32, which cannot be kept in whole, int64"):
        whole += 1.5
    with pytest.raises(RuntimeError, match=r"keeps the shape of wide, \(2, 1\)"):
        wide += mg.tensor([1.0, 2.0])
    narrow = mg.tensor([1.0])
    narrow += mg.tensor([1.0], dtype=mg.float64)
    assert narrow.dtype is mg.float32


# Views ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "view",
    [
        lambda t: t[0],
        lambda t: t[:, 1],
        lambda t: t[None, ::2],
        lambda t: t.T,
        lambda t: t.transpose(0, 1),
        lambda t: t.reshape(4),
        lambda t: t.reshape(-1, 1)[1],
    ],
)
def test_views_share_memory(view):
    base = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    part = view(base)
    part.zero_()
    assert np.count_nonzero(base.numpy()) == 4 - part.numpy().size
    base += 1
    assert 1.0 in np.unique(part.numpy())


def test_lists_and_masks_copy():
    base = mg.tensor([1.0, 2.0])
    for part in (base[[0, 1]], base[base > 0], base[mg.tensor([0, 1])]):
        part.zero_()
    assert base.tolist() == [1.0, 2.0]


def test_a_view_follows_its_changed_base():
    x = leaf([1.0, 2.0])
    y = x * 2
    part = y[0]
    y *= 10
    assert part.grad_fn.name() == "SelectBackward0"
    part.backward()
    assert x.grad.tolist() == [20.0, 0.0]  # the history before the change would give 2


def test_a_leaf_cannot_be_changed_through_a_view():
    x = leaf([1.0, 2.0])
    part = x[:1]
    with pytest.raises(RuntimeError, match=r"part shows part of x\. x is a leaf that requires"):
        part += 1
    with mg.no_grad():
        part += 1
    assert x.tolist() == [2.0, 2.0]


def test_a_view_made_under_no_grad_has_no_history_to_record_a_change_in():
    base = leaf([1.0, 2.0]) * 2
    with mg.no_grad():
        part = base[:1]
    assert not part.requires_grad
    with pytest.raises(RuntimeError, match="part was made as a view of base inside no_grad"):
        part.mul_(3)


def test_a_change_through_a_view_is_noticed_by_what_was_saved():
    x = leaf([1.0, 2.0])
    base = x * 2
    square = base * base
    base[0] = 5.0
    with pytest.raises(RuntimeError, match="needs the numbers that"):
        square.sum().backward()


def test_a_stretched_tensor_cannot_be_written_to():
    wide = mg.tensor([1.0]).expand(3)
    with pytest.raises(RuntimeError, match=r"wide shows memory.*wide\.clone\(\)"):
        wide += 1


def test_a_cell_that_is_changed_in_place_is_written_once():
    x = mg.tensor([1.0, 2.0])
    x[0] += 5
    assert (x.tolist(), x._writes[0]) == ([6.0, 2.0], 1)


def test_a_retained_gradient_follows_the_change():
    x = leaf([1.0, 2.0])
    y = x * 2
    y.retain_grad()
    y *= 3
    y.sum().backward()
    assert (y.grad.tolist(), x.grad.tolist()) == ([1.0, 1.0], [6.0, 6.0])


def test_a_detached_twin_of_a_part_is_another_history():
    x = leaf([1.0, 1.0])
    y = x * 2
    y[0] = y[0].detach()
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 2.0]
    x = leaf([1.0, 1.0])
    y = x * 2
    y[:] = y.detach()
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="x is a leaf"):
        x[0] = x[0]


def test_a_view_retains_its_gradient_after_a_change_of_its_base():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 2
    v = y[:2]
    v.retain_grad()
    y.mul_(3)
    v.sum().backward()
    assert v.grad.tolist() == [1.0, 1.0]


def test_a_view_that_was_changed_retains_what_it_is_now():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 2
    v = y[:2]
    v.retain_grad()
    v.mul_(3)
    y.sum().backward()  # y goes round the changed v, as in PyTorch
    assert v.grad is None
    assert x.grad.tolist() == [6.0, 6.0, 2.0]


def test_the_version_is_a_number():
    x = mg.tensor([1.0])
    x += 1
    x[0] = 3
    assert x._version == x[:1]._version == x.detach()._version == 2


def test_a_write_to_the_logits_of_a_cross_entropy_is_noticed():
    logits, target = leaf([[2.0, 1.0, 0.0]]) * 1, mg.tensor([1])
    loss = mg.nn.functional.cross_entropy(logits, target)
    logits += 1
    with pytest.raises(RuntimeError, match="held when cross_entropy ran"):
        loss.backward()
