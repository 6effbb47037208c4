"""Strict, typed configuration: models, presets, loading and its messages."""
