"""Height images: what a tip feels of particles on a ground (`docs/rendering.md`)."""
