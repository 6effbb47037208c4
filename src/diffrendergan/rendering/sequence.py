"""The low-discrepancy sequence by which directions are spread."""

from __future__ import annotations

R2 = (0.7548776662466927, 0.5698402909980532)
"""The two-dimensional golden-ratio sequence (M. Roberts 2018): point i = frac(i·R2 + shift)."""
