"""How a run's images are compared with its patches, as a number: a light file, since the table of stages reads it."""

RECIPE = 1
"""Grows when the same run comes to give another comparison."""
