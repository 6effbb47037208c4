"""The look fitted to the scans by their statistics, without an adversary (`docs/fit.md`)."""
