"""The operators: one module each, with an `OPERATOR` for a field of `ImagingConfig` (`docs/imaging.md`)."""
