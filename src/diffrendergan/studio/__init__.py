"""The studio: the whole method by mouse, in the browser."""
