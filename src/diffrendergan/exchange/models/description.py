"""What bioimage.io wants to know of a model (`bioimageio.yaml`), and a text for people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diffrendergan.exchange.models.parts import ModelParts
from diffrendergan.exchange.models.portable import CHANNELS, EPSILON, INPUT, OPSET, OUTPUT
from diffrendergan.generalist.standard import MEAN, SPREAD
from diffrendergan.version import __version__

SPEC = "0.5.5"
"""Version of the specification: the first that knows all fields used here."""
FORMAT = 1
"""Of the section `diffrendergan` in the description."""
DOI = "10.1038/s41524-025-01702-6"
CITATION = (
    "Possart et al. (2025): Addressing data scarcity in nanomaterial segmentation networks with differentiable "
    "rendering and generative modeling, npj Comput. Mater. 11, 197"
)
TOLERANCE = 1e-3
"""By which outputs may differ on other machines. Rule of thumb; ONNX Runtime and PyTorch differ by 1e-5 here."""


@dataclass(frozen=True)
class About:
    """What only its maker can say of a model."""

    name: str
    authors: tuple[str, ...]
    """At least one, each a name."""
    licence: str | None = None
    """SPDX identifier, for example CC-BY-4.0; None where none is given."""
    description: str = ""


def description_of(parts: ModelParts, about: About, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the description of a package, as values for YAML.

    Parameters
    ----------
    parts : ModelParts
    about : About
    files : mapping
        SHA-256 of each file in the package, by name.
    """

    def file(name: str) -> dict[str, str]:
        return {"source": name, "sha256": files[name]}

    kept = sorted(parts.files)
    values: dict[str, Any] = {
        "format_version": SPEC,
        "type": "model",
        "name": plain_name(about.name),
        "description": about.description or parts.story[0][:1000],
        "authors": [{"name": name} for name in about.authors],
        "cite": [{"text": CITATION, "doi": DOI}],
        "documentation": "README.md",
        "covers": ["cover.png"],
        "tags": ["segmentation", "instance-segmentation", "electron-microscopy", "nanoparticles", "diffrendergan"],
        "version": "1.0",
        "inputs": [{**_input(parts), "test_tensor": file("test-input.npy"), "sample_tensor": file("sample-input.png")}],
        "outputs": [
            {**_output(parts), "test_tensor": file("test-output.npy"), "sample_tensor": file("sample-output.tif")}
        ],
        "weights": {"onnx": {**file("network.onnx"), "opset_version": OPSET}},
        "attachments": [file(name) for name in kept],
        "config": {
            "bioimageio": {
                "reproducibility_tolerance": [{"relative_tolerance": TOLERANCE, "absolute_tolerance": TOLERANCE}]
            },
            "diffrendergan": {
                "format": FORMAT,
                "version": __version__,
                "kind": parts.kind,
                "use": dict(parts.use),
                "pixel_size_nm": parts.info.pixel_size_nm,
                "files": {name: files[name] for name in kept},
            },
        },
    }
    if about.licence is not None:
        values["license"] = about.licence
    return values


def plain_name(name: str) -> str:
    """Return a name as bioimage.io takes it: 5 to 128 letters, digits, spaces and a few signs."""
    words = " ".join(re.sub(r"[^\w\-.()+ ]+", " ", name).split())
    return (words if len(words) >= 5 else f"{words} particles").strip()[:128]


def _axes(parts: ModelParts, sizes: Sequence[Mapping[str, Any]], channels: Sequence[str]) -> list[dict[str, Any]]:
    scale = {} if parts.info.pixel_size_nm is None else {"scale": parts.info.pixel_size_nm, "unit": "nanometer"}
    return [
        {"type": "batch"},
        {"type": "channel", "channel_names": list(channels)},
        *({"type": "space", "id": axis, "size": dict(size), **scale} for axis, size in zip("yx", sizes, strict=True)),
    ]


def _input(parts: ModelParts) -> dict[str, Any]:
    size = {"min": 2 * parts.grain, "step": parts.grain}
    if parts.ends is None:
        steps: list[dict[str, Any]] = [
            {"id": "zero_mean_unit_variance", "kwargs": {"axes": ["channel", "y", "x"], "eps": EPSILON}},
            {"id": "scale_linear", "kwargs": {"gain": SPREAD, "offset": MEAN}},
        ]
    else:
        low, high = parts.ends
        steps = [
            *(
                [{"id": "scale_linear", "kwargs": {"gain": 1 / (high - low), "offset": -low / (high - low)}}]
                if (low, high) != (0.0, 1.0)
                else []
            ),
            {"id": "clip", "kwargs": {"min": 0.0, "max": 1.0}},
        ]
    return {
        "id": INPUT,
        "description": "Grey scan without data bar, numbers as its file holds them",
        "axes": _axes(parts, [size, size], [INPUT]),
        "data": {"type": "float32"},
        "preprocessing": steps,
    }


def _output(parts: ModelParts) -> dict[str, Any]:
    sizes = [{"tensor_id": INPUT, "axis_id": axis} for axis in "yx"]
    return {
        "id": OUTPUT,
        "description": "Probabilities of three classes, and the distance from a particle's boundary",
        "axes": _axes(parts, sizes, CHANNELS),
        "data": {"type": "float32", "range": [0.0, 1.0]},
    }


README = """\
# {name}

{story}

## Validation

{validation}

## With DiffRenderGAN

```sh
diffrendergan import {file} model
diffrendergan quantify SCANS --model model
```

## With any other program

`network.onnx` takes grey values in [0, 1], of shape (images, 1, height, width). {grey}
Height and width are multiples of {grain} px; fill up by mirroring. It gives four maps of the same height and width:
probabilities of background, particle and contour, and the distance from the boundary. Particles are told apart by

```python
import diffrendergan as dg

labels = dg.labels_from_maps(maps, decoding="{decoding}", min_region_px={least})
```

`bioimageio.yaml` describes the same for programs that read models of bioimage.io. No file in this package is a pickle;
weights are in `network.onnx` and `network.safetensors`.

## Authors, licence, citation

{authors}. {licence}

Please cite {citation}, doi {doi}.
"""


def readme_of(parts: ModelParts, about: About, file: str) -> str:
    """Return a text for people, in Markdown; `file` is the name of the package."""
    grey = (
        "Each image is brought to a mean of .5 and a standard deviation of .25 first."
        if parts.ends is None
        else f"The numbers {parts.ends[0]:g} and {parts.ends[1]:g} of a file are 0 and 1."
    )
    licence = (
        "No licence was given: ask before you use or pass on this model."
        if about.licence is None
        else f"Licence: {about.licence} (https://spdx.org/licenses/{about.licence}.html)."
    )
    return README.format(
        name=about.name,
        story="\n".join(parts.story),
        validation="\n".join(f"- {sentence}" for sentence in parts.validation),
        file=file,
        grain=parts.grain,
        grey=grey,
        decoding=parts.use["decoding"],
        least=parts.use["min_region_px"],
        authors=", ".join(about.authors),
        licence=licence,
        citation=CITATION,
        doi=DOI,
    )
