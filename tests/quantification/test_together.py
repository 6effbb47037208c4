from __future__ import annotations

from dataclasses import replace

from tests.quantification.test_places import particles

from diffrendergan.quantification.places import where
from diffrendergan.quantification.results import ScanRecord
from diffrendergan.quantification.together import doubts_together


def record(
    name: str, pixel_size_nm: float | None = 2.0, d50: float | None = 40.0, seen: str = "", whole: int = 10
) -> ScanRecord:
    unit = "px" if pixel_size_nm is None else "nm"
    row = {"pixel_size_nm": pixel_size_nm, f"d50_{unit}": d50, "number_whole": whole}
    return ScanRecord(name, unit, row, {}, None, (), (), {}, seen=seen or name)


def test_usual_sets_are_not_doubted() -> None:
    assert doubts_together([record("a"), record("b", 200.0), record("c", None), record("d", 2.0, None)]) == []
    assert doubts_together([]) == []


def test_copies_are_named() -> None:
    (said,) = doubts_together([record("a", seen="1"), record("b"), record("a copy", None, seen="1")])
    assert "a = a copy" in said and "remove the copies" in said


def test_results_of_earlier_versions_are_no_copies() -> None:
    old = [
        ScanRecord(name, "px", {"pixel_size_nm": None, "d50_px": 9.0, "number_whole": 9}, {}, None, (), (), {})
        for name in "ab"
    ]
    assert doubts_together(old) == []


def test_scales_in_another_unit_are_told() -> None:
    (said,) = doubts_together([record("a", 2.5), record("b", 2500.0)])
    assert "1,000 times apart, from 2.5 nm (a) to 2500 nm (b)" in said


def test_particles_are_no_atoms() -> None:
    (said,) = doubts_together([record("a", 0.0025, 0.0717)])
    assert "in a is less than that of an atom (0.072 nm): the pixel size is wrong" in said


def test_sizes_of_other_samples_are_told() -> None:
    (said,) = doubts_together([record("a", None, 15.8), record("b", None, 28.0), record("c", None, 124.0)])
    assert "7.8 times apart, from 15.8 px (a) to 124 px (c)" in said and "or another magnification" in said
    (said,) = doubts_together([record("a", 2.0, 10.0), record("b", 2.0, 31.0)])
    assert "3.1 times apart, from 10 nm (a) to 31 nm (b)" in said and "magnification" not in said
    (said,) = doubts_together([record("a", 2.0, 10.0), record("b", 2.0, 5120.0)])
    assert "lie 512 times apart" in said


def test_few_particles_and_other_units_are_not_compared() -> None:
    assert doubts_together([record("a", 2.0, 10.0), record("b", 2.0, 31.0, whole=9), record("c", None, 200.0)]) == []


def test_scans_of_one_field_are_named_unless_their_pixels_are_the_same() -> None:
    places = [where(particles(seed)) for seed in (1, 1, 2)]
    scans = [replace(record(name), places=place) for name, place in zip("abc", places, strict=True)]
    (said,) = doubts_together(scans)
    assert "at the same places: a and b; if they show one field" in said
    assert "same pixels" in " ".join(doubts_together([replace(one, seen="1") for one in scans[:2]]))
    assert len(doubts_together([replace(one, seen="1") for one in scans[:2]])) == 1
