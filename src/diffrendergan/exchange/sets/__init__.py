"""Annotated images in the formats of other programs: a file for each format, one table of all."""
