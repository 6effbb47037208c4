"""What finds the particles, as the options of `quantify` have it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from diffrendergan.cli.options import KindChoice, refuse_unused

if TYPE_CHECKING:
    from diffrendergan.pipeline.quantify.run import ScanSegmenter
    from diffrendergan.runs.reporter import Reporter


def segmenter_of(
    model: Path | None,
    labels: Path | None,
    suffix: str | None,
    kind: KindChoice | None,
    scans: list[str],
    out: Path,
    seed: int | None,
    decoding: str | None,
    min_region_px: int | None,
    reporter: Reporter,
    check_scale: bool,
) -> ScanSegmenter:
    """Return what finds the particles for `quantify`: a network, the packaged generalist, or label images.

    Raises
    ------
    ConfigError
        If options contradict each other, or one has no effect.
    DataError, RunFolderError
        If the label images or the network cannot be used.
    """
    from diffrendergan.errors import ConfigError

    if model is None and labels is None:
        unused = {"--labels-suffix": suffix, "--labels-kind": kind, "--seed": seed}
        refuse_unused(unused, "the packaged generalist (which is used without --model or --labels)")
        from diffrendergan.generalist.whole import packaged_generalist

        return packaged_generalist(min_region_px or 0, decoding)
    if model is not None and labels is None:
        refuse_unused({"--labels-suffix": suffix, "--labels-kind": kind}, "--model")
        from diffrendergan.exchange.models.opening import open_model

        return open_model(model, seed, decoding, min_region_px)
    if labels is None or model is not None:
        raise ConfigError("give a run folder with --model, or a folder of label images with --labels, but not both.")
    refuse_unused({"--seed": seed, "--decoding": decoding}, "--labels")
    if labels.resolve().is_relative_to(out.resolve()):
        raise ConfigError(f"the label images in {labels} would be overwritten; name another folder with --out.")
    from diffrendergan.pipeline.quantify.label_folder import open_labels

    return open_labels(
        labels, scans, suffix, "auto" if kind is None else kind.value, min_region_px or 0, reporter, check_scale
    )
