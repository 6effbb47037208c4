"""The authors' published generators: their settings and weights turned into a run of ours (preset authors-code).

Differences of their code that matter here: the material constants of particles and stage are swapped; meshes are scaled
when loaded and once more when placed; the order of the network's outputs is stage, particles, noise; particles follow
an unsorted listing of a folder; two of the learned parameters cannot show in their images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.errors import DataError
from diffrendergan.gan.regression import HIDDEN_LAYERS, PHI_COLUMNS, RegressionNetwork
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.json_text import parse_json

_PARTICLE_ORDER = (
    "base_color", "sheen", "spec_tint", "metallic", "specular", "anisotropic", "spec_trans", "clearcoat_gloss",
    "clearcoat", "flatness", "sheen_tint", "roughness",
)  # fmt: skip
"""In which order their network gives the learned parameters of a material."""

_LAYERS = {f"params_model.fc{number}": f"layers.{number - 1}" for number in range(1, HIDDEN_LAYERS + 1)} | {
    "params_model.output_layer.0": f"layers.{HIDDEN_LAYERS}"
}


@dataclass(frozen=True)
class AuthorsSettings:
    """What one of their settings files says.

    Attributes
    ----------
    name : str
        The file's name without ending.
    mesh, scene : mapping
        Its two sections, `mesh_dict` and `scene_param_dict`.
    """

    name: str
    mesh: Mapping[str, Any]
    scene: Mapping[str, Any]

    @property
    def mesh_folder(self) -> str:
        """Name of the folder that their meshes came from."""
        return Path(str(self.mesh["mesh_path"])).name

    def learned(self, prefix: str) -> list[str]:
        """Return the material parameters that are learned (given as −1), `p_` for particles, `s_` for the stage."""
        return [name for name in _PARTICLE_ORDER if float(self.scene.get(prefix + name, 0.0)) < 0]

    def specs(self) -> list[ParameterSpec]:
        """Return the network's outputs with their ranges, in its order."""

        def between(group: str) -> tuple[float, float]:
            return float(self.scene[f"{group}_limit_min"]), float(self.scene[f"{group}_limit_max"])

        return [
            *(ParameterSpec(f"stage.{name}", *between("stage_bsdf")) for name in self.learned("s_")),
            *(ParameterSpec(f"particle.{name}", *between("particle_bsdf")) for name in self.learned("p_")),
            ParameterSpec("imaging.noise_sigma", *between("noise")),
        ]

    def unused(self) -> dict[str, str]:
        """Return which outputs cannot change their images, and why."""
        found = {}
        for owner, learned, fixed in (("stage", "s_", "p_"), ("particle", "p_", "s_")):
            ranges = {name: Learned(learn=(0.0, 1.0)) for name in self.learned(learned)}
            # Not validated: what would be refused here is what is asked for.
            values: dict[str, Any] = {**self.constants(fixed), **ranges}
            material = MaterialConfig.model_construct(**values)
            for name in ranges:
                reason = material.why_without_effect(name)
                if reason is not None:
                    found[f"{owner}.{name}"] = reason
        return found

    def constants(self, prefix: str) -> dict[str, float]:
        """Return the fixed values of a material (0 for the learned ones)."""
        return {name: max(0.0, float(self.scene.get(prefix + name, 0.0))) for name in _PARTICLE_ORDER}


def read_settings(path: Path) -> AuthorsSettings:
    """Read a settings file.

    Raises
    ------
    DataError
        If it is not one of theirs.
    """
    try:
        values = parse_json(Path(path).read_text(encoding="utf-8"))
        settings = AuthorsSettings(Path(path).stem, dict(values["mesh_dict"]), dict(values["scene_param_dict"]))
        project_values(settings)  # all that is asked of them later
        mesh_scale(settings)
        return settings
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise DataError(
            f"{path} is no settings file of the authors' code ({_reason(error)}); it needs the sections mesh_dict and "
            "scene_param_dict as they publish them."
        ) from error


def read_network(path: Path, specs: Sequence[ParameterSpec]) -> RegressionNetwork:
    """Read their generator's weights.

    Parameters
    ----------
    path : pathlib.Path
        A state dict as `torch.save` writes it; loaded without running any code in it.
    specs : sequence of ParameterSpec
        The outputs, from `AuthorsSettings.specs`.

    Raises
    ------
    DataError
        If the file is broken, or its shapes do not fit the settings.
    """
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        state = {f"{_LAYERS[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}": value for key, value in tensors.items()}
        inputs, hidden = state["layers.0.weight_v"].shape[1], state["layers.0.weight_v"].shape[0]
        outputs = state[f"layers.{HIDDEN_LAYERS}.bias"].shape[0]
    # torch raises many kinds for files that are none of its own; what remains is a file with other names in it.
    except Exception as error:
        raise DataError(
            f"{path} does not hold the weights of one of the authors' generators ({_reason(error)}); give a G_*.pth."
        ) from error
    if outputs != len(specs):
        raise DataError(
            f"{path} gives {outputs} parameters, but the settings learn {len(specs)}: they do not belong together."
        )
    network = RegressionNetwork(
        inputs // PHI_COLUMNS,
        specs,
        hidden=hidden,
        layer_order="linear-relu-dropout",
        rng=torch.Generator().manual_seed(0),  # the weights are replaced below
    )
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise DataError(f"{path} does not hold such a generator ({_reason(error)}).") from error
    return network.eval().requires_grad_(False)


def project_values(settings: AuthorsSettings) -> dict[str, Any]:
    """Return the sections of our configuration that follow from their settings, on top of the preset authors-code."""
    mesh, scene = settings.mesh, settings.scene
    ranges = {spec.name: {"learn": [spec.low, spec.high]} for spec in settings.specs()}
    unused = settings.unused()
    # The swap: the particles carry the constants that the settings give to the stage, and the other way round.
    materials = {"particle": settings.constants("s_"), "stage": settings.constants("p_")}
    for name, spec_range in ranges.items():
        owner, field = name.split(".")
        if owner in materials:
            materials[owner][field] = 0.0 if name in unused else spec_range  # type: ignore[assignment]
    return {
        "name": settings.name,
        "arrangement": {
            "placement": "random" if mesh.get("particle_placement") == "random" else "agglomerated",
            "three_dimensional": bool(mesh["mesh_position3d"]),
            "unit": float(mesh["mesh_unit"]),
            "limit": float(mesh["mesh_base_sample_limit"]),
            "agglomerates": int(mesh["mesh_max_agglomerates"]),
            "size": _size(mesh),
        },
        "rendering": {
            **materials,
            "spp": int(scene["spp"]),
            "filter_sigma": float(scene["gaussdev"]),
            "ring_radiance": float(scene["emission1"]),
            "slab_radiance": float(scene["emission2"]),
        },
        "imaging": {"noise_sigma": ranges["imaging.noise_sigma"]},
        "training": {"hidden": int(scene["n_hidden"])},
        # Not in their settings: METHOD §7.
        "synthesis": {"contour_width_px": 1 if settings.mesh_folder == "TiO2_2" else 4},
    }


def mesh_scale(settings: AuthorsSettings) -> float:
    """Return the factor on their meshes that brings them to units of `arrangement.unit`.

    Their code scales a mesh by `mesh_scale` when it loads it, and by `mesh_scale`·s when it places it.
    """
    return float(settings.mesh["mesh_scale"]) ** 2 / float(settings.mesh["mesh_unit"])


def _size(mesh: Mapping[str, Any]) -> dict[str, Any]:
    kind = mesh["mesh_size_dist"]
    if kind == "bimodal":
        values = mesh["bimodal_params"]
        names = {"mean1": "mean1", "stddev1": "sigma1", "mean2": "mean2", "stddev2": "sigma2", "p": "p"}
        return {"distribution": "bimodal", **{ours: float(values[theirs]) for theirs, ours in names.items()}}
    if kind == "lognormal":
        values = mesh["lognormal_params"]
        return {"distribution": "lognormal", "mu": float(values["mu"]), "sigma": float(values["sigma"])}
    values = mesh["gaussian_params"]
    return {"distribution": "normal", "mean": float(values["mean"]), "sigma": float(values["stddev"])}


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:120]}" if text else type(error).__name__
