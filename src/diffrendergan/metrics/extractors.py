"""The network that turns images into features, as the configuration asks for it."""

from __future__ import annotations

from diffrendergan.config.training import FidConfig
from diffrendergan.metrics.features import FeatureExtractor


def make_extractor(config: FidConfig) -> FeatureExtractor:
    """Return the extractor a configuration asks for; its network is loaded here.

    Raises
    ------
    MissingDependencyError
        If the package or the download with its weights is not to be had.
    ConfigError, DataError
        If `fid.inception_weights` names no file or a wrong one.
    """
    # Each network is imported only when asked for: one needs packages that the other does not.
    if config.extractor == "inception":
        from diffrendergan.metrics.inception import InceptionFeatures

        return InceptionFeatures(config.inception_weights)
    from diffrendergan.metrics.efficientnet import EfficientNetFeatures

    return EfficientNetFeatures()
