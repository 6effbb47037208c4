"""The adversary that starts from the fit: `training.recipe: balanced` (`docs/adversary.md`)."""
