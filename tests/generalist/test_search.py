"""The search by the generalist: its outlines where it is sure, thresholds where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from skimage.draw import disk

from diffrendergan.config.project import Project
from diffrendergan.detection.foreground import darker_than_ground, find_particles
from diffrendergan.errors import DataError
from diffrendergan.generalist.search import GeneralistSearch, search_of
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import SilentReporter

DISCS = ((40, 40, 15), (90, 50, 10), (60, 100, 5))


@dataclass
class Look:
    surety: float
    scale: float = 0.5


class Told:
    """Stands in for the generalist: finds given labels."""

    def __init__(self, labels, surety):
        self.labels, self.surety = labels, surety

    def segment_at(self, scan):
        return self.labels[scan.name], Look(self.surety)


class Notes(SilentReporter):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


def drawn(name, ground, level, discs=DISCS):
    labels = np.zeros((128, 128), np.int32)
    for number, (row, column, radius) in enumerate(discs, start=1):
        labels[disk((row, column), radius, shape=labels.shape)] = number
    noise = np.random.default_rng(0).normal(0, 0.02, labels.shape)
    pixels = (np.where(labels > 0, level, ground) + noise).astype(np.float32)
    return Micrograph(name, pixels, None, Path(), 8), labels


@pytest.mark.parametrize(("ground", "level", "dark"), [(0.2, 0.7, False), (0.8, 0.3, True)])
def test_outlines_are_those_of_the_generalist_if_it_is_sure(ground, level, dark):
    (scan, labels), notes = drawn("a", ground, level), Notes()
    # What it is told of bright and dark does not matter.
    found, scale = GeneralistSearch(Told({"a": labels}, 0.97))([scan], not dark, notes)
    assert found[0].outlined and (found[0].labels == labels).all()
    assert (found[0].surety, found[0].magnification) == (0.97, 0.5)
    assert found[0].areas.tolist() == np.bincount(labels.ravel())[1:].tolist()
    assert scale.contrast == pytest.approx(0.5, abs=0.02) and scale.diameter_px == pytest.approx(29, abs=2)
    assert notes.notes == []


def test_where_it_is_unsure_thresholds_search_and_that_is_said():
    (scan, labels), notes = drawn("a", 0.2, 0.7), Notes()
    found, _ = GeneralistSearch(Told({"a": labels * 0 + 1}, 0.6))([scan], False, notes)
    expected, _ = find_particles([scan], False)
    assert not found[0].outlined and (found[0].labels == expected[0].labels).all()
    assert "0 of 1" in notes.notes[0] and "thresholds" in notes.notes[0]


@pytest.mark.parametrize(("ground", "level", "dark"), [(0.2, 0.7, False), (0.8, 0.3, True)])
def test_thresholds_search_what_the_generalist_saw_where_it_was_sure(ground, level, dark):
    scans, labels = zip(*(drawn(name, ground, level) for name in "abc"), strict=True)
    look = dict(zip("abc", labels, strict=True))
    sure = Told(look, 0.97)
    sure.segment_at = lambda scan: (look[scan.name], Look(0.97 if scan.name == "a" else 0.6))
    found, _ = GeneralistSearch(sure)(scans, not dark)
    expected, _ = find_particles(scans, dark)
    assert all((one.labels == other.labels).all() for one, other in zip(found, expected, strict=True))
    # Of no scan sure, it is no witness.
    found, _ = GeneralistSearch(Told(look, 0.6))(scans, dark)
    assert all((one.labels == other.labels).all() for one, other in zip(found, expected, strict=True))


def test_empty_places_are_empty_to_both():
    scan, labels = drawn("a", 0.2, 0.7)
    missed = np.where(labels == 3, 0, labels)  # a particle that thresholds find, and the generalist does not
    found, _ = GeneralistSearch(Told({"a": missed}, 0.97))([scan], False)
    assert found[0].suspicion[labels > 0].all()
    assert not found[0].suspicion[:15, 60:].any()


def test_a_project_may_ask_for_thresholds_and_wires_are_found_by_them():
    assert isinstance(search_of(Project()), GeneralistSearch)
    assert search_of(Project(data={"search": "thresholds"})) is find_particles
    assert search_of(Project(particles={"shape": {"family": "wire"}})) is find_particles


def test_empty_scans_do_not_tell_what_is_dark():
    (dark, labels), (empty, _) = drawn("a", 0.8, 0.3), drawn("b", 0.8, 0.3, ())
    nothing = np.zeros_like(labels)
    assert darker_than_ground([dark, empty, empty], [labels, nothing, nothing])
    assert not darker_than_ground([empty], [nothing])


def test_where_it_sees_nothing_that_is_said():
    (scan, labels), notes = drawn("a", 0.2, 0.7), Notes()
    found, _ = GeneralistSearch(Told({"a": labels * 0}, 0.0))([scan], False, notes)
    assert not found[0].outlined and found[0].labels.max() == 3
    assert len(notes.notes) == 1 and "sees no particle in any scan" in notes.notes[0]


def test_ground_is_no_particle_where_it_sees_nothing():
    """A gradient of the film with specks that are too small: thresholds take half of the scan for one particle."""
    rng = np.random.default_rng(0)
    pixels = (np.linspace(0.2, 0.8, 128)[None] + rng.normal(0, 0.02, (128, 128))).astype(np.float32)
    scan = Micrograph("a", pixels, None, Path(), 8)
    with pytest.raises(DataError, match=r"neither the generalist nor thresholds .* in scans of 128 px"):
        GeneralistSearch(Told({"a": np.zeros((128, 128), np.int32)}, 0.6))([scan], False)


@pytest.mark.parametrize("scans", [1, 3])
def test_that_most_of_what_is_outlined_is_not_convex_is_said(scans):
    discs = [(40, 30, 15), (70, 80, 15), (100, 40, 8)]
    (scan, labels), notes = drawn("a", 0.2, 0.7, discs), Notes()
    joined = np.array([0, 1, 1, 2], np.int32)[labels]
    look = {"a": joined, "b": labels, "c": labels}
    named = [Micrograph(name, scan.pixels, None, Path(), 8) for name in "abc"[:scans]]
    GeneralistSearch(Told(look, 0.97))(named, False, notes)
    assert [note.startswith("in 1 of 1 scans more than 20%") for note in notes.notes] == [True] * (scans == 1)
