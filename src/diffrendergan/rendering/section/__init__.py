"""Sections: slices of tomograms, and cuts (`docs/rendering.md`)."""
