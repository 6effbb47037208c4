"""The stage `prepare`: patches, empty ground and the split."""
