"""One point of `growth.py`: set-up, bytes and memory of one scene, printed as a line of JSON.

python benchmarks/growth_point.py [--quick] [--device cpu|cuda] data.patch_size=128 particles.count=10 ...
"""

from __future__ import annotations

import json
import statistics

import torch

from common import arguments, choose_device, fresh_seeds, load_scene, middle_theta
from timing import device_mb, interleaved, peak_mb, reset_peak, resident_mb, synchronize

PRESET = "tio2-sem"
CONSTELLATIONS = 3


def main() -> None:
    """Measure one scene. Mitsuba's scene is built last, so that the first peak is that of transport alone."""
    parser = arguments(__doc__)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help=f"changed in the preset {PRESET}")
    args = parser.parse_args()
    repeats, slow = (2, 1) if args.quick else (5, 3)
    scene = load_scene(PRESET, choose_device(args.device), args.overrides, CONSTELLATIONS)
    theta, seeds = middle_theta(scene.parameters, 1)[0], fresh_seeds()
    before = resident_mb()

    def trace(index: int) -> object:
        return scene.tracer.images(scene.phis[scene.chosen(index)], next(seeds))

    reset_peak()
    tracer, sizes = scene.tracer, []
    for phi in scene.phis:
        sizes.append(tracer.images(phi, next(seeds)).to("cpu", torch.float16).bytes / 1e6)
    synchronize()
    transport, used = peak_mb(), device_mb()
    reset_peak()
    scene.mitsuba_image(0, theta, next(seeds))
    times = interleaved(
        {
            "set_up": (trace, repeats),
            "mitsuba": (lambda index: scene.mitsuba_image(index, theta, next(seeds)), slow),
        }
    )
    found = {
        "size": tracer.geometry.size,
        "particles": len(scene.meshes),
        "faces": scene.faces(),
        **times,
        "stored_mb": statistics.median(sizes),
        "transport_mb": transport,
        "mitsuba_mb": peak_mb(),
        "libraries_mb": before,
        "device_mb": used,
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
