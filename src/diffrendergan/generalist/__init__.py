"""The generalist: one network for particles in any micrograph, taught by our own images alone (docs/generalist.md)."""
