"""What results of `quantify` are: a light file, since the table of stages reads it."""

FORMAT = 6
"""Grows when results change their meaning."""
