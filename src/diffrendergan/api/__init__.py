"""The package's face for notebooks and scripts: what the commands do, with arrays in and arrays out.

The numbers are those of the commands: `Project.run` is `run`, `Segmenter` and `measure_particles` are `quantify`,
`Generator` and `stream` are `synthesize`, `score` is `score`, `compare` is `compare`. Errors are
`diffrendergan.errors.UserError`, each a sentence.
"""

from diffrendergan.api.comparing import compare
from diffrendergan.api.decoding import labels_from_maps
from diffrendergan.api.generator import Generator, Samples
from diffrendergan.api.measuring import Scores, measure_particles, score
from diffrendergan.api.project import Project
from diffrendergan.api.scans import read_scan
from diffrendergan.api.segmenter import Segmenter
from diffrendergan.api.showing import show, show_table
from diffrendergan.api.streaming import stream

__all__ = [
    "Generator",
    "Project",
    "Samples",
    "Scores",
    "Segmenter",
    "compare",
    "labels_from_maps",
    "measure_particles",
    "read_scan",
    "score",
    "show",
    "show_table",
    "stream",
]
