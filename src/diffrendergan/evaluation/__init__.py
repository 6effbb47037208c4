"""Predictions on held-out scans, and their scores."""
