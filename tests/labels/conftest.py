"""The shapes of known size that measurements are tried with."""

from tests.fixtures.shapes import draw

__all__ = ["draw"]
