"""Readers of what commands keep for themselves, and of lists that come with scans: more than one file each."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.faults.projects import Places
from tests.faults.reader import Reader


def _positions(places: Places, folder: Path) -> None:
    rows = [f"tile_{number},{60 * (number % 3)},{60 * (number // 3)}\n" for number in range(6)]
    (folder / "px.csv").write_text("file,x_px,y_px\n" + "".join(rows))
    (folder / "um.csv").write_text("Name;X [µm];Y [µm]\n" + "".join(row.replace(",", ";") for row in rows))
    (folder / "tabs.csv").write_text("tile\tx\ty\n" + "".join(row.replace(",", "\t") for row in rows))


def _read_positions(folder: Path, path: Path) -> object:
    from diffrendergan.pipeline.montage.positions import read_positions

    names = [f"tile_{number}" for number in range(6)]
    stated = read_positions(path, {name: folder / f"{name}.tif" for name in names})
    return stated.in_px(list(stated.places), 2.5)


def _watched(places: Places, folder: Path) -> None:
    place = places.begin("watched")
    shutil.copytree(place / "watched", folder / "watched")
    shutil.rmtree(folder / "watched" / "samples")
    records = list((place / "watched" / "samples").rglob("scans/*.json"))
    for path in records[:1]:
        target = folder / path.relative_to(place)
        target.parent.mkdir(parents=True)
        shutil.copy(path, target)


def _read_watched(folder: Path, path: Path) -> object:
    from diffrendergan.pipeline.watch.ledger import Ledger
    from diffrendergan.pipeline.watch.state import read_state
    from diffrendergan.quantification.results import read_record

    out = folder / "watched"
    ledger = Ledger(out)
    return read_state(out), [read_record(out / "samples" / one.sample, one.scan) for one in ledger.entries.values()]


def _calibration(places: Places, folder: Path) -> None:
    import numpy as np

    from diffrendergan.calibration.kept import NAMES, Kept
    from diffrendergan.calibration.measure import PatchStatistics
    from diffrendergan.config.project import Project

    kept, values = Kept(folder / "kept.jsonl", "stamp"), np.linspace(0, 1, 6)
    for number in range(4):
        statistics = PatchStatistics(**dict.fromkeys(NAMES, values) | {"spectrum": values.reshape(6, 1)})
        kept.put(Project(), number, (statistics, np.arange(5.0)))


def _read_calibration(folder: Path, path: Path) -> object:
    from diffrendergan.calibration.kept import Kept
    from diffrendergan.config.project import Project

    kept = Kept.open(path, "stamp")
    return [kept.get(Project(), number) for number in range(4)]


ARCHITECTURE = {
    "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
    "arch_kwargs": {
        "n_stages": 2, "conv_op": "torch.nn.modules.conv.Conv2d", "nonlin": "torch.nn.LeakyReLU",
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d", "dropout_op": None,
    },
    "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
}  # fmt: skip


def _nnunet(places: Places, folder: Path) -> None:
    import numpy as np
    import torch

    plans = {"0": {"architecture": ARCHITECTURE}, "1": {"inherits_from": "0", "batch_size": 4}}
    (folder / "plans.json").write_text(json.dumps({"configurations": plans}))
    known = {"spacing": [1.0, np.float64(2)], "locations": {1: np.arange(6).reshape(3, 2)}, "box": ((0, 3), (0, 2))}
    (folder / "scan.pkl").write_bytes(pickle.dumps(known))
    state = {"network_weights": {"a": torch.ones(3, 2)}, "logging": {"dice": [np.float64(0.5)]}, "current_epoch": 3}
    torch.save(state, folder / "checkpoint.pth")


def _read_nnunet(folder: Path, path: Path) -> object:
    from diffrendergan.segmentation.nnunet.checkpoints import load_checkpoint
    from diffrendergan.segmentation.nnunet.trust import load_properties, read_plans

    if path.suffix == ".json":
        return read_plans(path)
    return load_checkpoint(path) if path.suffix == ".pth" else load_properties(str(path))


KEPT: Mapping[str, Reader] = {
    "positions": Reader(_positions, _read_positions),
    "watched": Reader(_watched, _read_watched),
    "calibration": Reader(_calibration, _read_calibration),
    "nnU-Net": Reader(_nnunet, _read_nnunet),
}
