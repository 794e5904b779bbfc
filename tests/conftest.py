"""What every test shares: a test that leaves global state changed fails."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import printing


def global_state():
    """Return what a test could leave behind for the next one, by the name to blame."""
    environment = {key: os.environ[key] for key in os.environ if key != "PYTEST_CURRENT_TEST"}
    return {
        "minigrad's grad mode": minigrad.is_grad_enabled(),
        "minigrad's default dtype": minigrad.get_default_dtype(),
        "minigrad's print options": {**vars(printing.options)},
        "NumPy's error state": np.geterr(),
        "NumPy's print options": np.get_printoptions(),
        "the environment": environment,
        "the current folder": Path.cwd(),
        "threads": {thread.name for thread in threading.enumerate()},
    }


@pytest.fixture(autouse=True)
def no_leak():
    before, stream = global_state(), minigrad.get_rng_state()
    yield
    minigrad.set_rng_state(stream)  # to draw is no leak, but the next test is to draw the same
    after = global_state()
    changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert not changed, "the test left this changed (before, after)"
