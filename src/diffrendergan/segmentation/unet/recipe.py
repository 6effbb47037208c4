"""How the U-Net is trained, as a number."""

RECIPE = 2
"""Grows when the same images and configuration come to give another network: what was trained before is made anew."""
