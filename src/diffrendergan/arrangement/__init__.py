"""Sizes and places of particles: the transformation tensor Φ."""
