"""no_grad as a block, as a decorator, entered again, and on threads."""

import threading

import pytest

import minigrad as mg
from engine_helpers import leaf


def test_no_grad_as_a_block():
    x = leaf(2.0)
    with mg.no_grad():
        assert not mg.is_grad_enabled()
        assert not (x * x).requires_grad
    assert mg.is_grad_enabled()
    with pytest.raises(KeyError), mg.no_grad():
        raise KeyError
    assert mg.is_grad_enabled()


def test_no_grad_as_a_decorator():
    @mg.no_grad()
    def depth(n):
        """Say how deep it is."""
        return [mg.is_grad_enabled(), *(depth(n - 1) if n else [])]

    assert depth(2) == [False, False, False]
    assert depth.__doc__ == "Say how deep it is."
    assert mg.is_grad_enabled()


def test_no_grad_entered_again():
    quiet = mg.no_grad()
    with quiet:
        with quiet:
            pass
        assert not mg.is_grad_enabled()
    assert mg.is_grad_enabled()


def test_grad_mode_belongs_to_a_thread():
    inside, leave, seen = threading.Event(), threading.Event(), []

    @mg.no_grad()
    def hold():
        seen.append(mg.is_grad_enabled())
        inside.set()
        leave.wait(10)
        seen.append(mg.is_grad_enabled())

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    here = mg.is_grad_enabled(), (leaf(1.0) * 2).requires_grad
    leave.set()
    thread.join()
    assert here == (True, True)
    assert seen == [False, False]


def test_a_decorated_function_keeps_its_callers_apart():
    entered, both, left, seen = *(threading.Event() for _ in range(3)), []

    @mg.no_grad()
    def meet(mine, theirs):
        mine.set()
        theirs.wait(10)

    def quiet_caller():
        with mg.no_grad():
            meet(entered, both)
            seen.append(mg.is_grad_enabled())
        left.set()

    thread = threading.Thread(target=quiet_caller)
    thread.start()
    entered.wait(10)
    meet(both, left)  # entered last, left last
    thread.join()
    assert seen == [False]
    assert mg.is_grad_enabled()


def test_a_graph_can_be_walked_from_another_thread():
    x = leaf(3.0)
    y = x * x
    thread = threading.Thread(target=y.backward)
    thread.start()
    thread.join()
    assert x.grad.item() == 6.0
