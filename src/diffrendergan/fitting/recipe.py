"""The number of the fit, which grows when the same scans and fields come to give another law."""

RECIPE = 2
