"""A run folder of somebody else runs nothing: plans, checkpoints and properties of nnU-Net."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from diffrendergan.errors import RunFolderError
from diffrendergan.segmentation.nnunet.folders import TENSORS_ALONE, NnunetFolders, environment
from diffrendergan.segmentation.nnunet.trust import load_properties, read_plans

ARCHITECTURE = {
    "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
    "arch_kwargs": {
        "n_stages": 2, "conv_op": "torch.nn.modules.conv.Conv2d", "nonlin": "torch.nn.LeakyReLU",
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d", "dropout_op": None,
    },
    "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
}  # fmt: skip


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def plans(folder: Path, *configurations: object) -> Path:
    path = folder / "plans.json"
    path.write_text(json.dumps({"configurations": {f"{n}": plan for n, plan in enumerate(configurations)}}))
    return path


def test_what_nnunet_plans_is_taken(tmp_path):
    path = plans(tmp_path, {"architecture": ARCHITECTURE}, {"inherits_from": "0", "batch_size": 4})
    assert read_plans(path)["configurations"]["1"]["batch_size"] == 4


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"network_class_name": "os.system"}, "os.system"),
        ({"network_class_name": "dynamic_network_architectures.architectures.unet.torch.hub.load"}, "hub.load"),
        ({"arch_kwargs": {"conv_op": "subprocess.run"}}, "subprocess.run"),
        ({"_kw_requires_import": ["n_stages"]}, "2"),
    ],
)
def test_anything_else_is_refused(tmp_path, changed, named):
    path = plans(tmp_path, {"architecture": {**ARCHITECTURE, **changed}})
    with pytest.raises(RunFolderError, match=f"plans.json names '.*{named}'"):
        read_plans(path)


@pytest.mark.parametrize("plan", [{"UNet_class_name": "torch.hub.load"}, {"architecture": "os.system"}, None])
def test_plans_of_another_form_are_refused(tmp_path, plan):
    with pytest.raises(RunFolderError, match="could be any program"):
        read_plans(plans(tmp_path, plan))
    (tmp_path / "plans.json").write_text("[]")
    with pytest.raises(RunFolderError, match="holds no plans"):
        read_plans(tmp_path / "plans.json")


def test_properties_are_values_and_arrays(tmp_path):
    path = tmp_path / "a.pkl"
    known = {"spacing": [1.0, np.float64(2)], "locations": {1: np.arange(6).reshape(3, 2)}, "box": ((0, 3), (0, 2))}
    path.write_bytes(pickle.dumps(known))
    read = load_properties(str(path))
    assert read["spacing"] == [1.0, 2.0] and (read["locations"][1] == known["locations"][1]).all()
    path.write_bytes(pickle.dumps(bytearray(b"abc"), protocol=5))
    assert load_properties(str(path)) == bytearray(b"abc")
    path.write_bytes(pickle.dumps(Evil(tmp_path / "made")))
    with pytest.raises(RunFolderError, match=r"a\.pkl is missing or broken \(it names"):
        load_properties(str(path))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"r\xff\xff\xff\x1f.", b"\x80\x04Na.", b"\x80\x04\x96" + b"\xff" * 8,
        b"\x80\x05\x96" + (4 * 10**9).to_bytes(8, "little"), b"",
    ],
)  # fmt: skip
def test_broken_properties_are_refused_in_a_sentence(data, tmp_path):
    """The first is an index of half a billion, the fourth says four billion bytes: neither gets its room."""
    (tmp_path / "a.pkl").write_bytes(data)
    with pytest.raises(RunFolderError, match=r"a\.pkl is missing or broken"):
        load_properties(str(tmp_path / "a.pkl"))


def test_no_checkpoint_runs_code_in_the_worker(tmp_path, monkeypatch):
    """nnU-Net resumes with `weights_only=False`; the environment of its process is stronger."""
    told = environment(NnunetFolders(tmp_path, "synthetic"), 0, "cpu")
    monkeypatch.setitem(os.environ, TENSORS_ALONE, told[TENSORS_ALONE])
    torch.save({"state": Evil(tmp_path / "made")}, tmp_path / "a.pth")
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "a.pth", weights_only=False)
    assert not (tmp_path / "made").exists()
