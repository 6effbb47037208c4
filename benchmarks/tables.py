"""Markdown for `docs/benchmarks.md`: tables, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.rendering.llvm import find_libllvm


@dataclass
class Table:
    """Rows under a heading; each is also printed when it is added, so that a long run shows what it found.

    Attributes
    ----------
    title : str
        Heading.
    columns : sequence of str
        Their names.
    notes : list of str
        Lines below the table.
    rows : list
        Cells; grow with `add`.
    """

    title: str
    columns: Sequence[str]
    notes: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a row; missing cells are empty."""
        row = [*cells, *[""] * (len(self.columns) - len(cells))]
        self.rows.append(row)
        print(" · ".join(cell for cell in row if cell), flush=True)

    def markdown(self) -> str:
        """Return the table."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join([f"### {self.title}", text, *self.notes])


def publish(tables: Sequence[Table], output: Path | None) -> None:
    """Print the tables with machine, date and command, and write them to a file if one is named."""
    text = "\n\n".join([environment(), *(table.markdown() for table in tables)]) + "\n"
    print(f"\n{text}", flush=True)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)
        print(f"written to {output}", flush=True)


def environment() -> str:
    """Return date, command, machine and versions."""
    variant = load_mitsuba().variant()
    machine = [f"{_cpu_model()}, {_cores()} cores, {_memory_gb():.0f} GB"]
    libraries = [f"{name} {version(name)}" for name in ("mitsuba", "drjit", "torch")]
    if variant.startswith("cuda"):
        machine.append(torch.cuda.get_device_name())
        libraries.append(f"CUDA {torch.version.cuda}")
    elif (library := find_libllvm()) is not None:
        libraries.append(f"LLVM {library.version}")
    lines = [
        f"- Date: {date.today()}; variant `{variant}`; {torch.get_num_threads()} threads in torch",
        f"- Command: `python {' '.join(sys.argv)}`",
        f"- Machine: {'; '.join(machine)}; {platform.system()} {platform.release()}",
        f"- Versions: Python {platform.python_version()}, {', '.join(libraries)}",
    ]
    return "\n".join(lines)


def duration(value: float) -> str:
    """Return a time in words, with three digits."""
    if value >= 1:
        return f"{value:.2f} s"
    if value >= 0.1:
        return f"{value:.3f} s"
    return f"{1e3 * value:.3g} ms"


def ratio(slow: float, fast: float) -> str:
    """Return how many times longer the slow one takes."""
    quotient = slow / fast
    return f"{quotient:.0f}×" if quotient >= 10 else f"{quotient:.2g}×"


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
