"""The number of the recipe `balanced`, which grows when the same scans and fields come to give another training."""

RECIPE = 1
