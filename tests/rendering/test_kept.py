"""Arrays that are kept between commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from diffrendergan.errors import RunFolderError
from diffrendergan.rendering.kept import file_of, load_arrays, save_arrays, traced_files
from diffrendergan.runs.executor import PerProcess
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.seal import sealed_names


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "00000.safetensors"
    save_arrays(path, {"light": np.arange(12, dtype=np.float32).reshape(3, 4).T, "labels": np.ones((2, 2), np.int32)})
    return path


def test_arrays_come_back(file: Path) -> None:
    arrays = load_arrays(file, dict)
    assert arrays["light"].tolist() == np.arange(12).reshape(3, 4).T.tolist() and arrays["labels"].dtype == np.int32


def test_every_flipped_bit_of_their_values_is_found(file: Path) -> None:
    content = file.read_bytes()
    for place in range(len(content) - 64, len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        with pytest.raises(RunFolderError, match="has changed since it was written"):
            load_arrays(file, dict)


def test_files_of_earlier_versions_have_no_checksum(file: Path) -> None:
    file.write_bytes(safetensors.numpy.save({"light": np.ones(3)}))
    assert load_arrays(file, dict)["light"].tolist() == [1, 1, 1]


def test_files_whose_seal_was_never_written_are_sealed(file: Path) -> None:
    """What traced them was killed after the last one."""
    save_arrays(file_of(file.parent, 1), {"light": np.ones(3)})
    nothing_to_trace = PerProcess[None, None](lambda: None, lambda tools, index: pytest.fail("it is there already"))
    paths = traced_files(file.parent, 2, nothing_to_trace, SilentReporter())
    assert set(sealed_names(file.parent)) == {path.name for path in paths}
