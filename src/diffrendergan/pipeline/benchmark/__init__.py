"""The protocol of the paper's Table 1 on a published data set, cross-validated."""
