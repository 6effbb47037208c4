"""A reporter that keeps its notes."""

from tests.fixtures.scans import notes

__all__ = ["notes"]
