"""What kind of image a scan is, and whether it is like anything that the generalist was taught."""
