"""The shapes of known size that measurements are tried with."""

from tests.fixtures.shapes import draw
from tests.metrics.conftest import disk, scene, square

__all__ = ["disk", "draw", "scene", "square"]
