"""Measurements of segmented particles: tables, size distributions, wires."""
