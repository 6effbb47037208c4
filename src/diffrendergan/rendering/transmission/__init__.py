"""Images in transmission: how far a beam runs through each particle, and what passes (`docs/rendering.md`)."""
