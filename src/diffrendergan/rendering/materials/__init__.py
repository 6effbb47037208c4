"""Emission models: one module each, with an `EMISSION` for a `model` of materials (`docs/imaging.md`)."""
