"""The virtual scene, and its two renderers: transport images and Mitsuba."""
