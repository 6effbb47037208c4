"""The manifest of a synthetic set: a line for each image that is whole on disk, with where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diffrendergan.runs.json_lines import append_line, read_lines, write_lines
from diffrendergan.synthesis.engine import SyntheticImage
from diffrendergan.synthesis.writers import pair_paths

GROUND_SCAN = "ground_scan"
"""Key of the scan whose ground an image shows, where it shows one."""

MANIFEST = "manifest.jsonl"


def describe(index: int, made: SyntheticImage, names: Sequence[str], seed: int) -> dict[str, Any]:
    """Return the manifest's line of an image."""
    ground = {} if made.ground_scan is None else {GROUND_SCAN: made.ground_scan}
    return {
        "index": index,
        "image": f"images/{index:05d}.png",
        "labels": f"labels/{index:05d}.png",
        "instances": f"instances/{index:05d}.png",
        "seed": seed,
        "phi_stream": ["synthesis", "arrangement", index, made.attempt],
        "rejected_draws": made.attempt,
        "theta": {name: round(float(value), 6) for name, value in zip(names, made.theta, strict=True)},
        "particles": int(made.instances.max()),
        "visible": [one.as_json() for one in made.visible],
        "background_fraction": round(made.acceptance.background_fraction, 4),
        "contrast": None if made.acceptance.contrast is None else round(made.acceptance.contrast, 4),
        **ground,
    }


def read_manifest(stage: Path) -> list[dict[str, Any]]:
    """Return the records of images that are whole on disk, in order, up to the first gap."""
    path = stage / MANIFEST
    records: list[dict[str, Any]] = []
    if not path.exists():
        return records
    try:
        for record in read_lines(path):
            if record.get("index") != len(records) or not all(p.exists() for p in pair_paths(stage, len(records))):
                break
            records.append(record)
    except (ValueError, AttributeError):  # the line that a killed process did not finish, or one that is broken
        pass
    return records


def begin(stage: Path, images: int) -> int:
    """Return how many of so many images are there already; what else is there, or half there, is removed."""
    records = read_manifest(stage)[:images]
    write_lines(stage / MANIFEST, records)
    remove_surplus(stage, len(records))
    return len(records)


def add(stage: Path, record: dict[str, Any]) -> None:
    """Add the line of the next image, whose files are whole."""
    append_line(stage / MANIFEST, record)


def remove_surplus(stage: Path, count: int) -> None:
    """Remove images from number `count` on: of a larger set, or of one whose manifest ends earlier."""
    for kind in ("images", "labels", "instances", "amodal"):
        for path in (stage / kind).glob("[0-9]*.*"):
            if int(path.stem) >= count:
                path.unlink()
