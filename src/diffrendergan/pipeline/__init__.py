"""The stages, what they depend on, and the run folder."""
