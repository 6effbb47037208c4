from __future__ import annotations

import pytest

from diffrendergan.image_files.metadata.words import decoded, length_nm, positive, unit_in_nm, whole_numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.480469", 2.480469), ("2,480469", 2.480469), (" 99,5 ", 99.5), ("1,5e-009", 1.5e-9),
        ("7.34375E-9", 7.34375e-9),
        ("1.234,5", 1234.5), ("1,234.5", 1234.5), (3, 3.0), ("1,2,3", None), ("1.2.3", None), ("0", None),
        ("-2", None),
        ("nan", None), ("1e999", None), ("", None), (None, None), ("2 nm", None),
    ],
)  # fmt: skip
def test_numbers(text, number):
    assert positive(text) == number


MICROMETRES = (
    "um", "µm", "μm", "UM", "micron", "microns", "micrometres", "\\u00B5m", "&micro;m", "(µm)", "㎛",
    "µm".encode().decode("cp1252"), "μm".encode().decode("cp1252"),
)  # fmt: skip


@pytest.mark.parametrize("unit", MICROMETRES)
def test_all_spellings_of_micrometres(unit):
    assert unit_in_nm(unit) == 1000 and length_nm(f"2,5 {unit}") == length_nm(f"2.5{unit}") == 2500


@pytest.mark.parametrize(
    ("unit", "nm"),
    [
        ("nm", 1), ("nanometers", 1), ("Nanometres", 1), ("m", 1e9), ("mm", 1e6), ("Å", 0.1), ("Å", 0.1), ("Å", 0.1),
        ("Å".encode().decode("latin-1"), 0.1), ("angstrom", 0.1), ("pm", 1e-3), ("inch", 2.54e7), ("pixel", None),
        ("", None), ("?m", None), ("V", None),
    ],
)  # fmt: skip
def test_units(unit, nm):
    assert unit_in_nm(unit) == nm


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_texts_in_any_encoding(encoding):
    text = "[SemImageFile]\r\nPixelSize=2,480469\r\nMarker=5 µm\r\n"
    assert decoded(text.encode(encoding)) == text


def test_shift_jis_and_sizes():
    assert length_nm(decoded("1μm".encode("shift-jis"))) == 1000
    assert whole_numbers("1280x960") == whole_numbers("1280 * 960 px") == (1280, 960)
