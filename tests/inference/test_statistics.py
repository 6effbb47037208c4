"""Statistics of what was found."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.segmentation import relabel_sequential
from tests.inference.conftest import discs, scan_of

from diffrendergan.inference.examples import make_examples, paired
from diffrendergan.inference.statistics import statistics_of
from diffrendergan.inference.truth import truth_of


def named(statistics):
    return dict(zip(statistics.names, statistics.values, strict=True))


def test_what_is_found_as_it_is_has_the_quantities_of_the_truth():
    seen, true = scan_of(discs([8, 12], seed=1))
    found = statistics_of([seen])
    assert found is not None and found.found == truth_of([true])
    assert np.isfinite(found.values).all() and len(found.values) == len(found.names)
    told = named(found)
    assert told["surety"] == 0.95 and told["touching"] == 0 and told["several peaks"] == 0
    assert told["contrast"] == pytest.approx(0.5, abs=0.02) and told["noise"] == pytest.approx(0.04, abs=0.02)


def test_joined_particles_show_in_the_statistics():
    labels = discs([10], size=140, gap=1)
    joined = labels.copy()
    for number in range(2, labels.max(), 3):
        joined[labels == number] = number - 1
        rows, columns = np.nonzero(np.isin(labels, (number - 1, number)))
        joined[int(rows.mean()) - 3 : int(rows.mean()) + 3, columns.min() + 5 : columns.max() - 5] = number - 1
    joined = relabel_sequential(joined)[0]
    apart, together = (named(statistics_of([scan_of(each)[0]])) for each in (labels, joined))
    assert together["several peaks"] > apart["several peaks"] == 0
    assert together["solidity 10"] < apart["solidity 10"] - 0.02
    assert together["filling of large"] < apart["filling of large"] - 0.1


def test_sizes_in_pixels_matter_in_few_statistics():
    small, large = (named(statistics_of([scan_of(discs([radius], 16 * radius, gap=radius // 2))[0]]))
                    for radius in (8, 16))  # fmt: skip
    assert large["log median"] - small["log median"] == pytest.approx(np.log(2), abs=0.05)
    for name in ("spread", "coverage", "number", "nearest", "filling 50", "log scan edge"):
        assert large[name] == pytest.approx(small[name], abs=0.15), name


def test_scans_without_particles_count_for_coverage_alone():
    (seen, true), (nothing, empty) = scan_of(discs([10])), scan_of(np.zeros((160, 160), np.int32))
    found, shown = paired([seen, nothing], [true, empty])
    assert found.found.coverage == pytest.approx(shown.coverage) == pytest.approx(seen.coverage / 2)
    assert found.found.density == pytest.approx(shown.density) and found.found.median == shown.median
    assert paired([nothing], [empty]) is None


def test_each_scan_of_a_set_is_an_example_and_all_count_as_one():
    scans = [scan_of(discs([8, 11], seed=seed), seed=seed) for seed in range(3)]
    examples = make_examples([tuple(zip(*scans, strict=True))])
    assert len(examples) == 4 and examples.full.sum() == 1 and examples.share.sum() == pytest.approx(1)
    np.testing.assert_allclose(examples.found, examples.true)
