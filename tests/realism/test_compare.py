from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.realism.compare import compare_sides
from diffrendergan.realism.comparison import Comparison, read_comparison, write_comparison
from diffrendergan.realism.described import Numbers, table_of
from diffrendergan.realism.sheet import write_sheet
from diffrendergan.realism.sides import Side
from diffrendergan.realism.telling import pairs_in_order, telling_measures
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.sizes.bootstrap import Interval

from .conftest import Blocks, side


def compared(real: Side, synthetic: Side):  # type: ignore[no-untyped-def]
    return compare_sides(real, synthetic, Blocks(), 0, SilentReporter(), ["a note"])


@pytest.fixture(scope="module")
def noisy():  # type: ignore[no-untyped-def]
    real, synthetic = side(0), side(1000, name="other", noise=0.05)
    return real, synthetic, compared(real, synthetic)


@pytest.mark.parametrize("change", [{"noise": 0.033}, {"blur": 0.3}])
def test_a_tenth_more_noise_and_a_blur_of_a_third_of_a_pixel_are_noticed(change: dict[str, float]) -> None:
    """In nine of ten patches, where scans have the same noise."""
    found = compared(side(0, each=4), side(1000, each=4, name="other", **change)).comparison
    assert found.error.value <= 0.1
    assert found.null is not None and found.null.value > 0.3
    assert "can be told from the real ones" in found.headline


def test_real_against_real_is_guessed() -> None:
    both = side(200, each=4)
    found = compared(both, both).comparison
    assert 0.35 < found.error.value < 0.65
    assert "it cannot tell the synthetic patches from the real ones" in found.headline
    assert found.kernel.interval.low < 0 < found.kernel.interval.high


def test_it_says_where_it_looks(noisy) -> None:  # type: ignore[no-untyped-def]
    found = noisy[2].comparison
    assert any("more noise in class" in one.sentence and "(× 1." in one.sentence for one in found.telling)
    assert all(0.7 <= one.pairs <= 1 for one in found.telling)
    assert found.by_kind["noise"] < 0.1 < found.by_kind["features of a network"]
    real, synthetic = (np.array(found.curves.noise[name])[:, 1] for name in ("real", "synthetic"))
    np.testing.assert_allclose(real, 0.03, rtol=0.25)
    np.testing.assert_allclose(synthetic / real, 5 / 3, rtol=0.15)


def test_what_is_found_is_kept(noisy, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    found: Comparison = noisy[2].comparison
    assert read_comparison(tmp_path) is None
    write_comparison(tmp_path, found)
    kept = read_comparison(tmp_path)
    assert kept == found
    (tmp_path / "comparison.json").write_text('{"format": 1, "error": 3}')
    with pytest.raises(RunFolderError, match=r"comparison\.json is broken"):
        read_comparison(tmp_path)


def test_the_table_has_a_column_for_real_against_real(noisy) -> None:  # type: ignore[no-untyped-def]
    found: Comparison = noisy[2].comparison
    rows = {what: (own, real) for what, own, real in found.rows}
    assert rows["error of the classifier"][0].startswith("0") and "%" in rows["error of the classifier"][1]
    assert len(rows) == 3 + len(found.sliced) and " to " in rows["kernel distance"][1]
    unsure = replace(found, error=replace(found.error, value=0.45, interval=Interval(0.4, 0.51)))
    assert unsure.headline.endswith("it cannot tell the synthetic patches from the real ones.")


def test_the_most_telling_patches_are_drawn(noisy, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    real, synthetic, found = noisy
    write_sheet(tmp_path / "sheet.png", found, real, synthetic)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size[0] > 10 * 168 and sheet.size[1] > 4 * 168


def test_too_few_scans_are_refused_before_anything_is_measured() -> None:
    with pytest.raises(DataError, match="too few scans"):
        compared(side(0, scans=1), side(1000, name="other"))


def test_pairs_in_order_by_hand() -> None:
    real, synthetic = np.array([[1.0, 5], [2, 5]]), np.array([[2.0, 1], [3, 2], [4, 3]])
    np.testing.assert_allclose(pairs_in_order(real, synthetic), [5.5 / 6, 0])


def test_only_the_best_measure_of_a_kind_is_told() -> None:
    def tables(values):  # type: ignore[no-untyped-def]
        return table_of(
            [[Numbers("noise", ("noise", "more of it"), np.log(row[:2]), "amplitude"),
              Numbers("grey", ("brightness",), np.array(row[2:]), "none")] for row in values]
        )  # fmt: skip

    real = tables([(1.0, 1.0, 0.5), (1.1, 3.0, 0.4)])
    synthetic = tables([(2.0, 2.0, 0.45), (2.2, 4.0, 0.45)])
    told = telling_measures(real, synthetic)
    assert [one.sentence for one in told] == ["more noise (× 2)"] and told[0].pairs == 1
