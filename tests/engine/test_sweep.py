"""What sweep.py holds against PyTorch, cell by cell or in order of size, finds what is wrong."""

import numpy as np
import pytest

from sweep import CANCELLING, ratios

EXACT = np.linspace(1, 2, 100, endpoint=False)
ULP = 2.0**-23
THEIRS = EXACT + ULP * np.resize([0, 3, -20, 0, 1], 100)


@pytest.mark.parametrize("code", ["t.tanh(x)", CANCELLING[0]])
def test_what_is_as_close_passes_and_what_is_not_does_not(code):
    assert np.all(ratios(code, THEIRS, THEIRS, EXACT) <= 1)
    assert not np.any(ratios(code, np.full(100, np.nan), THEIRS, EXACT) <= 1)
    for wrong in (np.nan, 50.0, EXACT[0] + 100 * ULP):
        ours = THEIRS.copy()
        ours[0] = wrong
        assert not np.all(ratios(code, ours, THEIRS, EXACT) <= 1)


def test_errors_may_be_at_other_cells_only_where_terms_cancel():
    elsewhere = EXACT + np.roll(THEIRS - EXACT, 1)
    assert np.all(ratios(CANCELLING[0], elsewhere, THEIRS, EXACT) <= 1)
    assert not np.all(ratios("t.tanh(x)", elsewhere, THEIRS, EXACT) <= 1)
