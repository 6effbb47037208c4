"""What the tests of the image model share."""

from __future__ import annotations

import pytest
import torch
from tests.fixtures.scans import notes

__all__ = ["notes"]


@pytest.fixture
def rng():
    """Return a source of randomness for a seed."""
    return lambda seed=0: torch.Generator().manual_seed(seed)


@pytest.fixture
def assert_derivatives():
    """Compare the gradient of a function of θ (1, P), in double precision, with central differences."""

    def check(total, values, step=1e-5, rel=1e-4):
        values = torch.tensor([values], dtype=torch.float64, requires_grad=True)
        total(values).backward()
        for column in range(values.shape[1]):
            shift = torch.zeros_like(values)
            shift[0, column] = step
            with torch.no_grad():
                finite = ((total(values + shift) - total(values - shift)) / (2 * step)).item()
            assert values.grad[0, column].item() == pytest.approx(finite, rel=rel, abs=1e-8)
            assert abs(finite) > 1e-5, "the parameter does nothing, so nothing is tested"

    return check
