"""Wires: skeletons, lines, thickness."""
