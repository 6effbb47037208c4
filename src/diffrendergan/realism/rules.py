"""The numbers by which real and synthetic images are compared. Shown in docs/compare.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ComparisonRules:
    """What decides about patches, splits, the classifier and the distances."""

    patch_px: int = 256
    """Edge of a patch where none is asked for, if all images are as large [px]. As in the paper."""
    least_px: int = 32
    """Smaller patches are refused [px]: their spectra have too few frequencies. Rule of thumb."""
    patches: int = 150
    """Patches of either side. Rule of thumb: a minute of computing, and the TiO2 scans hold no more
    than 256 that do not overlap."""
    least_patches: int = 8
    """Fewer patches on a side are refused: a half of them teaches nothing. Rule of thumb."""
    splits: int = 10
    """Random splits into two halves over which the error is averaged, and as many of real against real. Rule of thumb:
    the mean then repeats to about 1 %."""
    folds: int = 4
    """Folds inside the training half, by scans, that weigh the kinds of measures. Convention: 3 to 10."""
    network_parts: int = 50
    """Principal components of the network's features that the classifier sees: less than there are training patches, so
    that it does not learn them by heart. Rule of thumb."""
    draws: int = 200
    """Random halves of the scans from which each distance is computed anew: its range holds the middle 95 %."""
    resamples: int = 2000
    """Draws of scans and splits for the interval of an error, as for the scores of a segmentation."""
    tile_px: int = 64
    """Edge of the tiles whose power spectra are averaged, in patches of twice that and more [px]. Rule of thumb:
    frequencies to 1/64 per pixel, and 49 tiles in a patch of 256 px."""
    rings: int = 12
    """Rings of spatial frequency of a spectrum. Rule of thumb: steps of a third of an octave."""
    sectors: int = 3
    """Directions of a ring: along the scan lines, oblique, across them."""
    levels: int = 5
    """Levels of the pyramid for patches of 256 px and more: details of 1 to 16 px. Rule of thumb."""
    bins: int = 6
    """Classes of brightness of a patch for which the noise is measured, each as large. Rule of thumb."""
    descriptor_px: int = 7
    """Edge of the neighbourhoods that the sliced Wasserstein distance compares [px]. Source: Karras et al. 2018."""
    descriptors: int = 64
    """Neighbourhoods of each patch and level of the pyramid. Source: half of the 128 of Karras et al. 2018."""
    directions: int = 128
    """Random directions onto which neighbourhoods are projected. Source: a quarter of the 512 of Karras et al. 2018."""
    told: int = 5
    """Measures that are told in words, those first that tell most pairs apart."""
    telling: float = 0.7
    """A measure is told if it parts this share of the pairs of a real and a synthetic patch. Rule of thumb."""
    shown: int = 10
    """Patches in each row of the picture."""


RULES = ComparisonRules()
"""Those that hold."""
