"""Height fields: scenes drawn in milliseconds, from bodies seen from above that were projected once."""
