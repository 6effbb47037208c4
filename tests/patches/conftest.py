"""The virtual scans that all rooms which read scans are tried with."""

from tests.fixtures.scans import folder, left_half_discs, notes

__all__ = ["folder", "left_half_discs", "notes"]
