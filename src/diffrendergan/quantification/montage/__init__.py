"""Montages: particles of overlapping tiles, each counted once."""
