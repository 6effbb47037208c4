"""The kind of image: from probabilities to an answer, and from the packaged model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.generalist.kinds.judge import GeneralistKinds, judged
from diffrendergan.image_files.metadata import StatedKind
from diffrendergan.inspection.kind import CANNOT_TELL, KindFound, strange_words
from diffrendergan.micrographs.types import Micrograph

LOOKS = ("secondary", "backscattered", "transmission", "dark field", "heights")


def shares(**values: float) -> dict[str, float]:
    return {look: values.get(look.replace(" ", "_"), 0.0) for look in LOOKS}


def test_a_sure_kind_is_named_and_says_what_is_dark():
    found = judged(shares(transmission=0.9, secondary=0.1), 0.7)
    assert (found.words, found.confidence, found.dark) == ("transmission, bright field", 0.9, True)
    assert "90%" in found.evidence and "secondary electrons or helium ions 10%" in found.evidence
    assert judged(shares(dark_field=0.9), 0.7).dark is False
    assert judged(shares(secondary=0.9), 0.7).dark is None


def test_what_cannot_be_told_apart_is_named_together_or_not_at_all():
    family = judged(shares(secondary=0.5, backscattered=0.4, heights=0.1), 0.7)
    assert "or back-scattered" in family.words and family.confidence == pytest.approx(0.9)
    assert judged(shares(secondary=0.5, transmission=0.5), 0.7).words == CANNOT_TELL


def scan(name: str = "a", kind: StatedKind | None = None) -> tuple[Micrograph, np.ndarray]:
    y, x = np.mgrid[:256, :256]
    labels = np.zeros((256, 256), np.int32)
    for number, (row, column) in enumerate(np.ndindex(5, 5), 1):
        labels[np.hypot(y - 26 - 50 * row, x - 26 - 50 * column) < 16] = number
    depth = np.sqrt(np.maximum(256 - np.minimum(np.hypot(y % 50 - 26, x % 50 - 26), 16) ** 2, 0)) / 16
    pixels = 0.8 * np.exp(-1.2 * depth) + np.random.default_rng(0).normal(0, 0.02, depth.shape)
    return Micrograph(name, pixels.clip(0, 1).astype(np.float32), None, Path(name), 8, kind=kind), labels


def test_spheres_that_absorb_are_transmission():
    found = GeneralistKinds()([scan()[0]], [scan()[1]])
    assert found.words == "transmission, bright field" and found.dark is True
    assert found.looked_at == 1 and found.strange == ()


def test_what_the_file_says_comes_first():
    kind = StatedKind("secondary electrons", "the Zeiss metadata (InLens)")
    found = GeneralistKinds()([scan(kind=kind)[0]], [scan()[1]])
    assert found.words == "secondary electrons" and found.evidence.startswith("said by the file")
    both = [scan("a", kind)[0], scan("b")[0]]
    assert "said by the file" not in GeneralistKinds()(both, [scan()[1]] * 2).evidence


def test_nothing_is_said_of_the_kind_where_nothing_is_seen():
    found = GeneralistKinds()([scan()[0]], [np.zeros((256, 256), np.int32)])
    assert found.words == CANNOT_TELL and found.confidence == 0


def test_strange_scans_are_said_where_most_are():
    found = KindFound(CANNOT_TELL, 0.4, "", strange=("a", "b"), looked_at=3)
    assert strange_words(found).startswith("2 of 3 scans")
    assert strange_words(replace(found, looked_at=4)) == ""
