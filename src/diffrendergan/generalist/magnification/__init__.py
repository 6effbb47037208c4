"""Which look at a scan is the best one: what the packaged network says at several magnifications, judged."""
