"""What transport images buy, beside plain Mitsuba in the same run.

Run it with `make bench`, or:

    python benchmarks/rendering.py [--quick] [--device cpu|cuda] [--output FILE]

For the preset tio2-sem: transport set-up by parts, what an arrangement takes to store, the render of a new material
(alone, in a batch, with its derivative), image + label of an arrangement shown once, image + mask in synthesis, a
training step with either renderer, peak memory. For all presets: set-up, bytes, and the errors of both renderers
against a converged Mitsuba render. Times are medians, and what is compared takes turns.
"""

from __future__ import annotations

import argparse

from common import OWN_LOOK, Scene, arguments, choose_device, load_scene
from error_rows import ERROR_COLUMNS, Converged, add_errors
from material_rows import COLUMNS, add_material
from setup_rows import PRESET_COLUMNS, SetUp, add_preset, add_set_up, measure_set_up
from synthesis_rows import add_one_off, add_own_look, add_synthesis
from tables import Table, publish
from timing import peak_mb, reset_peak
from training_rows import add_training

IN_FULL = "tio2-sem"
PRESETS = (IN_FULL, "agnw-sem", "sio2-him", "tio2-him")


def main() -> None:
    """Run all benchmarks."""
    parser = arguments(__doc__)
    parser.add_argument("--size", type=int, metavar="PX", help="edge of the image [px]; the default is 256")
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=PRESETS, help="presets to measure")
    args = parser.parse_args()
    device = choose_device(args.device)
    size = args.size or (64 if args.quick else 256)
    converged = Converged(4, 256) if args.quick else Converged(6, 1024)
    full = Table(f"Rendering, {IN_FULL}", COLUMNS)
    presets = Table("Transport set-up by preset", PRESET_COLUMNS)
    errors = Table(
        "Errors by preset",
        ERROR_COLUMNS,
        [
            f"Against {converged.words} of Mitsuba ({Converged(2, 256).words} where the filter is wide). "
            "RMSE of images clamped to [0, 1]; mean of images not clamped. "
            "Materials are drawn at random from those that leave half of the image below white."
        ],
    )
    for preset in args.presets:
        scene = load_scene(preset, device, [f"data.patch_size={size}"], 3 if args.quick else 12)
        figures = measure_set_up(scene, *((3, 2) if args.quick else (12, 6)))
        add_preset(presets, scene, figures)
        if preset == IN_FULL:
            measure_in_full(full, scene, figures, args)
        # Mitsuba spreads each sample over the pixels of a wide filter, which takes ten times as long and is less noisy.
        wide = scene.project.rendering.filter_sigma > 1
        add_errors(errors, scene, Converged(2, 256) if wide else converged)
    publish([table for table in (full, presets, errors) if table.rows], args.output)


def measure_in_full(table: Table, scene: Scene, figures: SetUp, args: argparse.Namespace) -> None:
    """Add all rows of one preset."""
    quick = args.quick
    add_set_up(table, scene, figures)
    add_material(table, scene, figures.stored, *((10, 2) if quick else (100, 4)))
    snapshots = add_one_off(table, scene, *((3, 2) if quick else (12, 4)))
    reset_peak()
    add_synthesis(table, scene, snapshots, 3 if quick else 12)
    table.add("peak memory in synthesis", f"{peak_mb() / 1e3:.2f} GB")
    own = load_scene(scene.project.name, scene.device, [f"data.patch_size={scene.tracer.geometry.size}"], 6, OWN_LOOK)
    add_own_look(table, own, 3 if quick else 12)
    add_training(table, scene, figures.stored, *((4, 2) if quick else (40, 4)))


if __name__ == "__main__":
    main()
