"""A synthetic set as WebDataset: tar files that are read one after the other, of a given number of images each.

In a shard `set-000000.tar` an image is

    00000.png             8-bit grey
    00000.classes.png     uint8: 0 background, 1 particle, 2 contour
    00000.instances.png   uint16: 0 background, 1..k particles
    00000.json            where it came from: seed, θ, pixel size, what is seen of each particle

and `sizes.json` tells the number of images in each shard.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from diffrendergan.errors import RunFolderError
from diffrendergan.exchange.sets.options import Options
from diffrendergan.exchange.sets.source import SyntheticSet, line_of
from diffrendergan.runs.atomic import atomic_path, read_json, remove_partial_files, write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.synthesis.writers import pair_paths, verify_pair

SIZES = "sizes.json"
SHARD = "set-{:06d}.tar"
STAMP = "set.json"
"""What the shards are of: those of another set are not mixed with them."""


def write_shards(images: SyntheticSet, out: Path, options: Options, reporter: Reporter) -> None:
    """Write shards and, last, `sizes.json`; whole shards of the same set are kept, so that the same call goes on.

    Equal sets give equal files.

    Raises
    ------
    RunFolderError
        If the folder holds shards of another set.
    DataError
        If an image of the set is broken.
    """
    _claim(images, out, options)
    size = options.shard_images
    starts = range(0, len(images), size)
    sizes = {SHARD.format(k): min(size, len(images) - start) for k, start in enumerate(starts)}
    for name, start in zip(sizes, reporter.track(starts, "WebDataset shards", total=len(starts)), strict=True):
        if not (out / name).exists():
            _write_shard(images, range(start, start + sizes[name]), out / name)
    write_json(out / SIZES, sizes)


def _claim(images: SyntheticSet, out: Path, options: Options) -> None:
    """Take a folder that is empty, or that holds shards of the same images.

    Images that are added later change the last shard alone, and that is written anew.
    """
    size, numbers = options.shard_images, range(len(images))
    shards = [images.digest(numbers[start : start + size]) for start in numbers[::size]]
    stamp = {"shard_images": size, "pixel_size_nm": images.pixel_size_nm, "shards": shards}
    if (out / STAMP).is_file():
        known = read_json(out / STAMP)
        if {**known, "shards": 0} != {**stamp, "shards": 0}:
            raise RunFolderError(f"{out} holds shards of another size or scale; name another folder.")
        remove_partial_files(out)
        for number, digest in enumerate(known["shards"]):
            if shards[number : number + 1] != [digest]:
                (out / SHARD.format(number)).unlink(missing_ok=True)
    write_json(out / STAMP, stamp)


def _write_shard(images: SyntheticSet, numbers: range, path: Path) -> None:
    with atomic_path(path) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as archive:
        for number in numbers:
            for name, content in _members(images, number):
                member = tarfile.TarInfo(name)  # owner, time and rights are always the same
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


def _members(images: SyntheticSet, number: int) -> Iterator[tuple[str, bytes]]:
    verify_pair(images.folder, number)
    paths, key = pair_paths(images.folder, number), f"{number:05d}"
    yield f"{key}.classes.png", paths.labels.read_bytes()
    yield f"{key}.instances.png", paths.instances.read_bytes()
    yield f"{key}.json", line_of({**images.records[number], "pixel_size_nm": images.pixel_size_nm}).encode()
    yield f"{key}.png", paths.image.read_bytes()
