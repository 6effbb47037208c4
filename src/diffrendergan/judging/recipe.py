"""How runs are judged, as a number: a light file, since the table of stages reads it."""

RECIPE = 3
"""Grows when the same run comes to be judged in another way."""
