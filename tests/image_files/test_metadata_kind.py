"""The kind of image, as files state it."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.image_files.decoding import decode
from diffrendergan.image_files.metadata.kind import SIGNALS, fei_kind, named_signal, text_kind, zeiss_kind
from diffrendergan.micrographs.scans import read_scan

GREY = np.random.default_rng(0).integers(10, 240, (60, 80)).astype(np.uint8)


def zeiss(**entries: str) -> dict:
    return {f"dp_{key}": ("label", value) for key, value in entries.items()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("InLens", "secondary electrons"), ("SE2", "secondary electrons"), ("SE(U)", "secondary electrons"),
     ("AsB", "back-scattered electrons"), ("NTS BSD", "back-scattered electrons"), ("EsB", "back-scattered electrons"),
     ("HAADF", "transmission, dark field"), ("BF-STEM", "transmission, bright field"), ("Height", "height")],
)  # fmt: skip
def test_detectors_are_known_by_their_names(name, kind):
    found = named_signal(name, "the metadata")
    assert found is not None and found.kind == kind and found.source == f"the metadata ({name})"


@pytest.mark.parametrize("name", ["", "None", "Signal A", "EDX", "CL", "STEM", "CCD"])
def test_other_names_say_nothing(name):
    assert named_signal(name, "x") is None


def test_no_name_stands_for_two_kinds():
    names = [name for each in SIGNALS.values() for name in each]
    assert len(names) == len(set(names)) and all(name.isalnum() and name == name.lower() for name in names)


def test_zeiss_says_the_detector_unless_signals_are_mixed_or_of_ions():
    assert zeiss_kind(zeiss(detector_channel="InLens", mixing="Off")).kind == "secondary electrons"
    assert zeiss_kind(zeiss(detector_channel="CCD", detector_type="AsB")).kind == "back-scattered electrons"
    assert zeiss_kind(zeiss(detector_channel="InLens", mixing="On")) is None
    assert zeiss_kind(zeiss(detector_channel="SE2", fib_imaging="FIB")) is None
    assert zeiss_kind(None) is None


def test_fei_says_the_signal_rather_than_the_detector():
    tags = {"Beam": {"Beam": "EBeam"}, "Detectors": {"Name": "TLD", "Mode": "SE"}}
    assert fei_kind(tags).kind == "secondary electrons"
    assert fei_kind(tags | {"TLD": {"Signal": "BSE"}}).kind == "back-scattered electrons"
    assert fei_kind(tags | {"Beam": {"Beam": "IBeam"}}) is None
    assert fei_kind({"Detectors": {"Name": "STEM 3+", "Mode": "DF"}}).kind == "transmission, dark field"
    assert fei_kind({}) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("$CM_FORMAT JEOL\n$CM_SIGNAL SEI\n", "secondary electrons"), ("$CM_SIGNAL BEC\n", "back-scattered electrons"),
     ("[SemImageFile]\nSignalName=SE(M)\n", "secondary electrons"),
     ("[SEM]\nDetector=BSE\n", "back-scattered electrons"),
     ("<Instrument>Zeiss Orion NanoFab</Instrument>", "helium ions")],
)  # fmt: skip
def test_texts_beside_scans_and_within(tmp_path, text, kind):
    assert text_kind(text, "a.txt").kind == kind
    Image.fromarray(GREY).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").metadata.kind is None
    (tmp_path / "a.txt").write_text(text)
    found = read_scan(tmp_path / "a.png").kind
    assert found is not None and found.kind == kind and "a.txt" in found.source
    tifffile.imwrite(tmp_path / "b.tif", GREY, extratags=[(50431, 2, 0, text, True)])
    assert decode(tmp_path / "b.tif").metadata.kind.kind == kind


def test_a_text_without_it_says_nothing():
    assert text_kind("the hunters of Orion\n", "a.txt") is None
