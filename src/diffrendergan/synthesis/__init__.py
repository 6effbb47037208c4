"""Annotated synthetic images: acceptance, mask classes, writers."""
