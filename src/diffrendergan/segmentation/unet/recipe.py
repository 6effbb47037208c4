"""How the U-Net is trained, as a number."""

RECIPE = 2
"""Grows when the same images and configuration come to give another network: what was trained before is made anew."""
WHOLE_RECIPE = 1
"""The same of the whole shapes, for networks that predict them."""
