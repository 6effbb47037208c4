"""DiffRenderGAN: annotated synthetic micrographs from a few unlabelled scans.

The names below are those of `diffrendergan.api`, imported when they are first used, so that importing the package
costs nothing.
"""

TYPE_CHECKING = False  # as in `typing`, which is not imported for it
if TYPE_CHECKING:
    from diffrendergan.api import (
        Generator,
        Project,
        Samples,
        Scores,
        Segmenter,
        compare,
        labels_from_maps,
        measure_particles,
        read_scan,
        score,
        show,
        show_table,
        stream,
    )
    from diffrendergan.version import __version__

__all__ = [
    "Generator",
    "Project",
    "Samples",
    "Scores",
    "Segmenter",
    "__version__",
    "compare",
    "labels_from_maps",
    "measure_particles",
    "read_scan",
    "score",
    "show",
    "show_table",
    "stream",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from diffrendergan.version import __version__ as version

        return version
    if name in __all__:
        from diffrendergan import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
