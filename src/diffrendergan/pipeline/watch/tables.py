"""Tables of what has arrived: a row a scan, a sample, a comparison."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from diffrendergan.pipeline.watch.instrument import FIGURES
from diffrendergan.pipeline.watch.seen import Overview
from diffrendergan.quantification.tables import Column, make_table, write_table
from diffrendergan.sizes.bootstrap import percentile_interval
from diffrendergan.sizes.units import Scale, Unit

TEXT, WHOLE = pa.string(), pa.int64()
SCANS = (
    Column("sample", "none", "sample that the scan is of", TEXT),
    Column("scan", "none", "name of the scan", TEXT),
    Column("file", "none", "its file in the folder that is watched", TEXT),
    Column("measured", "none", "when it was measured, in UTC", TEXT),
    Column("number_whole", "none", "particles that the border does not cut", WHOLE),
    Column("d50", "length", "median diameter, corrected for the border"),
    *(Column(name, "none", words) for name, words in FIGURES.items()),
    Column("outside", "none", "figures beyond their limits", TEXT),
    Column("drifts", "none", "figures that drift", TEXT),
    Column("doubts", "none", "what makes its results mean less than they seem to", TEXT),
)
SAMPLES = (
    Column("sample", "none", "name of the sample", TEXT),
    Column("scans", "none", "scans that were measured", WHOLE),
    Column("number_whole", "none", "particles that no border cuts", WHOLE),
    Column("d50", "length", "median diameter, corrected for the border"),
    Column("d50_low", "length", "lower bound of its 95 % interval"),
    Column("d50_high", "length", "upper bound of its 95 % interval"),
)
COMPARISONS = (
    Column("first", "none", "sample", TEXT),
    Column("second", "none", "sample that is compared with it", TEXT),
    Column("median_difference", "length", "median of the second less that of the first"),
    Column("median_low", "length", "lower bound of its 95 % interval"),
    Column("median_high", "length", "upper bound of its 95 % interval"),
    Column("distance", "length", "first Wasserstein distance of both distributions"),
    Column("distance_low", "length", "lower bound of its 95 % interval"),
    Column("distance_high", "length", "upper bound of its 95 % interval"),
    Column("by_chance", "length", "distance that equal samples exceed in one of twenty cases; missing for few scans"),
    Column("medians_differ", "none", "whether the interval of the medians leaves out 0", pa.bool_()),
    Column("distributions_differ", "none", "whether the distance is larger than chance explains", pa.bool_()),
)


def write_tables_of(out: Path, seen: Overview) -> None:
    """Write `scans`, `samples` and `comparisons`, as CSV and Parquet; those of scans without scale end with `-px`.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    for unit in seen.samples:
        ending = "-px" if unit == "px" and len(seen.samples) > 1 else ""
        # Values are in their unit already; only its names are needed.
        scale = Scale(unit, 1.0)
        write_table(out, f"scans{ending}", make_table(SCANS, _scans(seen, unit), scale))
        write_table(out, f"samples{ending}", make_table(SAMPLES, _samples(seen, unit), scale))
        write_table(out, f"comparisons{ending}", make_table(COMPARISONS, _comparisons(seen, unit), scale))


def _scans(seen: Overview, unit: Unit) -> dict[str, list[object]]:
    places = [place for place, scan in enumerate(seen.scans) if scan.record.unit == unit]
    chosen = [seen.scans[place] for place in places]
    return {
        "sample": [scan.entry.sample for scan in chosen],
        "scan": [scan.entry.scan for scan in chosen],
        "file": [scan.entry.file for scan in chosen],
        "measured": [scan.entry.time for scan in chosen],
        "number_whole": [scan.record.row["number_whole"] for scan in chosen],
        "d50": [scan.record.row[f"d50_{unit}"] for scan in chosen],
        **{name: [scan.entry.figures.get(name) for scan in chosen] for name in FIGURES},
        "outside": [", ".join(c.figure for c in seen.charts if c.outside[place]) for place in places],
        "drifts": [", ".join(c.figure for c in seen.charts if c.drifting[place]) for place in places],
        "doubts": ["; ".join(scan.record.doubts) for scan in chosen],
    }


def _samples(seen: Overview, unit: Unit) -> dict[str, list[object]]:
    known = [sample for sample in seen.samples[unit] if sample.number]
    intervals = [percentile_interval(sample.drawn[-1]) for sample in known]
    return {
        "sample": [sample.name for sample in known],
        "scans": [len(sample.diameters) for sample in known],
        "number_whole": [sample.number for sample in known],
        "d50": [sample.quantiles[-1] for sample in known],
        "d50_low": [interval.low for interval in intervals],
        "d50_high": [interval.high for interval in intervals],
    }


def _comparisons(seen: Overview, unit: Unit) -> dict[str, list[object]]:
    found = seen.differences[unit]
    return {
        "first": [one.first for one in found],
        "second": [one.second for one in found],
        "median_difference": [one.median for one in found],
        "median_low": [one.median_interval.low for one in found],
        "median_high": [one.median_interval.high for one in found],
        "distance": [one.distance for one in found],
        "distance_low": [one.distance_interval.low for one in found],
        "distance_high": [one.distance_interval.high for one in found],
        "by_chance": [one.by_chance for one in found],
        "medians_differ": [one.medians_differ for one in found],
        "distributions_differ": [one.distributions_differ for one in found],
    }
