"""Reading the authors' settings and weights; with small files of our own making in their form."""

from __future__ import annotations

import json

import pytest
import torch

from diffrendergan.authors.settings import mesh_scale, project_values, read_network, read_settings
from diffrendergan.errors import DataError

LEARNED = {"p_base_color", "p_roughness", "p_spec_tint", "p_sheen", "p_sheen_tint", "s_base_color"}
NAMES = (
    "base_color", "roughness", "anisotropic", "metallic", "spec_trans", "specular", "spec_tint", "sheen", "sheen_tint",
    "flatness", "clearcoat", "clearcoat_gloss",
)  # fmt: skip


def settings_values() -> dict:
    scene = {prefix + name: -1.0 if prefix + name in LEARNED else 0.0 for prefix in ("p_", "s_") for name in NAMES}
    scene |= {"p_specular": 0.5, "s_roughness": 0.5, "n_hidden": 8, "emission1": 1.0, "emission2": 0.1}
    scene |= {"spp": 121, "gaussdev": 0.5, "noise_limit_min": 0.001, "noise_limit_max": 0.2}
    scene |= {"stage_bsdf_limit_min": 0.01, "stage_bsdf_limit_max": 0.3}
    scene |= {"particle_bsdf_limit_min": 0.02, "particle_bsdf_limit_max": 5.0}
    mesh = {
        "mesh_path": "utils/rendering/meshes/Few",
        "mesh_unit": 0.5,
        "mesh_base_sample_limit": 2.0,
        "mesh_scale": 1.2,
        "mesh_position3d": True,
        "mesh_max_agglomerates": 2,
        "mesh_size_dist": "lognormal",
        "lognormal_params": {"mu": 0.0, "sigma": 0.1},
        "particle_placement": "poisson",
    }
    return {"mesh_dict": mesh, "scene_param_dict": scene}


@pytest.fixture
def settings_file(tmp_path):
    path = tmp_path / "Few_paper.json"
    path.write_text(json.dumps(settings_values()))
    return path


def weights(particles: int = 3, hidden: int = 8, outputs: int = 7) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    widths = [particles * 4, hidden, hidden, hidden, hidden, outputs]
    names = ["fc1", "fc2", "fc3", "fc4", "output_layer.0"]
    state = {}
    for name, inputs, out in zip(names, widths, widths[1:], strict=False):
        state[f"params_model.{name}.bias"] = torch.randn(out, generator=rng)
        state[f"params_model.{name}.weight_g"] = torch.rand(out, 1, generator=rng)
        state[f"params_model.{name}.weight_v"] = torch.randn(out, inputs, generator=rng)
    return state


def theirs(state: dict[str, torch.Tensor], phi: torch.Tensor) -> torch.Tensor:
    """Their network, written down anew: linear with weight normalisation, ReLU, at last a sigmoid."""
    x = phi.flatten()[None]
    for name in ("fc1", "fc2", "fc3", "fc4", "output_layer.0"):
        v, g = state[f"params_model.{name}.weight_v"], state[f"params_model.{name}.weight_g"]
        x = x @ (g * v / v.norm(dim=1, keepdim=True)).T + state[f"params_model.{name}.bias"]
        x = torch.sigmoid(x) if name.startswith("output") else torch.relu(x)
    return x[0]


def test_outputs_have_their_order_and_ranges(settings_file):
    specs = read_settings(settings_file).specs()
    assert [spec.name for spec in specs] == [
        "stage.base_color",
        "particle.base_color",
        "particle.sheen",
        "particle.spec_tint",
        "particle.sheen_tint",
        "particle.roughness",
        "imaging.noise_sigma",
    ]
    assert (specs[0].low, specs[0].high) == (0.01, 0.3)
    assert (specs[5].low, specs[5].high) == (0.02, 5.0)
    assert (specs[6].low, specs[6].high) == (0.001, 0.2)


def test_constants_are_swapped_and_what_cannot_show_is_left_out(settings_file):
    settings = read_settings(settings_file)
    rendering = project_values(settings)["rendering"]
    assert rendering["particle"]["specular"] == 0.0
    assert rendering["stage"]["specular"] == 0.5
    assert rendering["stage"]["roughness"] == 0.0
    assert rendering["stage"]["base_color"] == {"learn": [0.01, 0.3]}
    assert rendering["particle"]["roughness"] == {"learn": [0.02, 5.0]}
    assert set(settings.unused()) == {"particle.spec_tint", "particle.sheen_tint"}
    assert rendering["particle"]["spec_tint"] == rendering["particle"]["sheen_tint"] == 0.0


def test_spec_tint_counts_where_there_is_a_specular_lobe(tmp_path):
    values = settings_values()
    values["scene_param_dict"]["s_specular"] = 0.3
    path = tmp_path / "bright.json"
    path.write_text(json.dumps(values))
    settings = read_settings(path)
    assert set(settings.unused()) == {"particle.sheen_tint"}
    assert project_values(settings)["rendering"]["particle"]["spec_tint"] == {"learn": [0.02, 5.0]}


def test_meshes_are_scaled_twice(settings_file):
    assert mesh_scale(read_settings(settings_file)) == pytest.approx(1.2**2 / 0.5)


@pytest.mark.parametrize(
    ("kind", "params", "wanted"),
    [
        ("gaussian", {"gaussian_params": {"mean": 1.0, "stddev": 0.2}}, ("normal", 1.0, 0.2)),
        (
            "bimodal",
            {"bimodal_params": {"mean1": 0.8, "stddev1": 0.05, "p": 0.3, "mean2": 0.3, "stddev2": 0.04}},
            ("bimodal", 0.8, 0.05, 0.3, 0.04, 0.3),
        ),
    ],
)
def test_size_distributions(tmp_path, kind, params, wanted):
    values = settings_values()
    values["mesh_dict"] |= {"mesh_size_dist": kind} | params
    path = tmp_path / "sizes.json"
    path.write_text(json.dumps(values))
    assert tuple(project_values(read_settings(path))["arrangement"]["size"].values()) == wanted


def test_network_gives_what_theirs_gives(settings_file, tmp_path):
    specs, state = read_settings(settings_file).specs(), weights()
    torch.save(state, tmp_path / "G_1.pth")
    network = read_network(tmp_path / "G_1.pth", specs)
    phi = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    low, high = (torch.tensor([getattr(spec, end) for spec in specs]) for end in ("low", "high"))
    torch.testing.assert_close(network(phi[None])[0], low + (high - low) * theirs(state, phi), atol=1e-5, rtol=0)
    assert network.layer_order == "linear-relu-dropout"


class Malicious:
    def __reduce__(self):
        return (print, ("code in a weights file was run",))


def test_code_in_a_weights_file_is_not_run(settings_file, tmp_path, capsys):
    torch.save({"params_model.fc1.bias": Malicious()}, tmp_path / "G_1.pth")
    with pytest.raises(DataError, match=r"G_1\.pth"):
        read_network(tmp_path / "G_1.pth", read_settings(settings_file).specs())
    assert "was run" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("params_model.fc3.bias"),
        lambda state: state.update({"params_model.fc3.bias": torch.zeros(5)}),
        lambda state: state.update({"other.weight": torch.zeros(5)}),
    ],
)
def test_weights_of_another_shape_are_refused(settings_file, tmp_path, change):
    state = weights()
    change(state)
    torch.save(state, tmp_path / "G_1.pth")
    with pytest.raises(DataError, match=r"G_1\.pth"):
        read_network(tmp_path / "G_1.pth", read_settings(settings_file).specs())


def test_weights_of_other_settings_are_refused(settings_file, tmp_path):
    torch.save(weights(outputs=5), tmp_path / "G_1.pth")
    with pytest.raises(DataError, match="5 parameters"):
        read_network(tmp_path / "G_1.pth", read_settings(settings_file).specs())


@pytest.mark.parametrize(
    ("section", "key"),
    [("scene_param_dict", "n_hidden"), ("scene_param_dict", "emission1"), ("mesh_dict", "lognormal_params")],
)
def test_what_is_missing_is_said_when_they_are_read(tmp_path, section, key):
    values = settings_values()
    del values[section][key]
    (tmp_path / "less.json").write_text(json.dumps(values))
    with pytest.raises(DataError, match=f"no settings file.*{key}"):
        read_settings(tmp_path / "less.json")


def test_meshes_without_a_size_are_refused(tmp_path):
    values = settings_values()
    values["mesh_dict"]["mesh_unit"] = 0.0
    (tmp_path / "flat.json").write_text(json.dumps(values))
    with pytest.raises(DataError, match="no settings file"):
        read_settings(tmp_path / "flat.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"mesh_dict": {}, "scene_param_dict": {}}', "no json"])
def test_other_files_are_no_settings(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(DataError, match="no settings file"):
        read_settings(path)
    with pytest.raises(DataError, match="no settings file"):
        read_settings(tmp_path / "missing.json")
