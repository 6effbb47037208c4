"""Virtual sets: one sample, several scans, and what the generalist sees of them."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist import seen_sets, sets
from diffrendergan.generalist.scales import Looked
from diffrendergan.inference.statistics import statistics_of
from diffrendergan.inference.truth import true_scan, truth_of
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.protocol import Prediction

SHAPE = (128, 128)


def test_scans_of_a_sample_have_one_law_and_one_look(bodies):
    """Medians differ far less within samples than between them, and places always."""
    within, between = [], []
    for index in range(12):
        scans = sets.draw_scans(*bodies, SHAPE, 3, seed=0, index=index)
        assert len({scan.look for scan in scans}) == 1
        assert not np.array_equal(scans[0].labels, scans[1].labels)
        assert not np.array_equal(scans[0].image, scans[1].image)
        levels = [np.median(scan.image) for scan in scans]
        within.append(np.std(levels))
        between.append(np.mean(levels))
    assert np.median(within) < 0.5 * np.std(between)  # by chance some sets show nearly nothing in one of their scans


def test_a_set_depends_on_seed_and_index_alone_and_shows_particles(bodies, monkeypatch):
    monkeypatch.setattr(sets, "EDGES_PX", (96, 112, 128, 128, 128, 128))
    (first, truth), (again, _) = (sets.draw_set(*bodies, seed=3, index=1) for _ in range(2))
    assert all(np.array_equal(one.image, other.image) for one, other in zip(first, again, strict=True))
    assert truth == truth_of([true_scan(scan.labels, scan.silhouettes) for scan in first])
    assert truth.whole >= sets.LEAST_WHOLE
    for scan in first:
        areas = np.bincount(scan.labels.ravel(), minlength=len(scan.silhouettes))
        assert (areas[1:] > 0).all() and len(areas) == len(scan.silhouettes)
    other, _ = sets.draw_set(*bodies, seed=3, index=2)
    assert other[0].image.shape != first[0].image.shape or not np.array_equal(other[0].image, first[0].image)


class Told:
    """Stands in for the generalist: finds what is bright."""

    def segment_at(self, scan):
        labels = np.zeros(scan.pixels.shape, np.int32)
        for number, (row, column) in enumerate([(20, 20), (20, 60), (60, 30), (80, 80)]):
            labels[row : row + 14, column : column + 14] = number + 1
        flat = np.stack([1.0 - (labels > 0), labels > 0, labels < 0]).astype(np.float32)
        return labels, Looked(0.5, False, Prediction(flat, None, (1.0, 1.0, 1.0)))


@pytest.fixture
def seen(bodies):
    scans = sets.draw_scans(*bodies, SHAPE, 2, seed=0, index=4)
    return seen_sets.see_scans(
        Told(), [scan.image for scan in scans], [scan.labels for scan in scans], [scan.silhouettes for scan in scans],
        scans[0].look,
    )  # fmt: skip


def test_what_was_seen_is_the_same_after_it_was_kept(seen, tmp_path):
    seen_sets.write_block(tmp_path / f"sets-{seen_sets.FORMAT}-{seen_sets.PRIOR}-7-0000.npz", [seen, seen])
    one, other = seen_sets.kept_sets(tmp_path, 7)
    assert one.look == seen.look and len(one.seen) == len(one.true) == 2
    np.testing.assert_allclose(statistics_of(other.seen).values, statistics_of(seen.seen).values, rtol=1e-4, atol=1e-4)
    for kept, made in zip(one.true, seen.true, strict=True):
        np.testing.assert_allclose(kept.diameters, made.diameters, rtol=1e-6)
        assert (kept.number, kept.pixels) == (made.number, made.pixels)


def test_sets_are_made_once(seen, tmp_path, monkeypatch):
    monkeypatch.setattr(seen_sets, "BLOCK", 2)
    monkeypatch.setattr(seen_sets, "bodies_atlas", lambda *_: None)
    made = []

    def make(folder, seed, tools, number):
        made.append(number)
        seen_sets.write_block(seen_sets._path(folder, seed, number), [seen, seen])
        return number

    monkeypatch.setattr(seen_sets, "_make_block", make)
    monkeypatch.setattr(seen_sets, "_tools", lambda folder: None)
    assert len(seen_sets.seen_sets(tmp_path, 7, 3, SilentReporter())) == 3
    assert len(seen_sets.seen_sets(tmp_path, 7, 5, SilentReporter())) == 5 and made == [0, 1, 2]
