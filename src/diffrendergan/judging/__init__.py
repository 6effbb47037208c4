"""A run judged without labels: what its network finds, beside its synthetic images and the packaged generalist."""
