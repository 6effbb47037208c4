"""Options in place of fields of the configuration."""

from __future__ import annotations

import pytest

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.pipeline.benchmark.options import choose_seeds, naming_options, with_options


@pytest.mark.parametrize(
    ("seeds", "overrides", "chosen"),
    [
        (None, (), (0, 1, 2)),
        ("4", (), (4,)),
        ("4, 2", ("segmentation.steps=3", "evaluation={decoding: distance}"), (4, 2)),
        (None, ("evaluation.seeds=[3]",), None),
        (None, ("evaluation={seeds: [3]}",), None),
    ],
)
def test_seeds(seeds, overrides, chosen):
    assert choose_seeds(seeds, overrides) == chosen


@pytest.mark.parametrize(
    ("seeds", "overrides", "told"),
    [
        ("0,1", ("evaluation.seeds=[3]",), "--seeds 0,1 and --set evaluation.seeds="),
        ("0,1", ("evaluation={seeds: [3]}",), "both give the seeds"),
        ("0,1", ("evaluation . seeds = [3]",), "both give the seeds"),
        ("0,x", (), "'x' is no whole number"),
        ("-1", (), "'-1' is no whole number"),
        ("", (), "--seeds 0,1,2"),
        ("1,1", (), "each seed may stand there once"),
        (None, ("data.images=here",), "--set data.images=here has no effect, since --data decides"),
        (None, ("data={test_scans: [a]}",), "since --folds decides"),
        (None, ("run=there",), "since --out decides"),
        (None, ("preset=demo",), "since DATASET decides"),
    ],
)
def test_what_is_given_twice_is_refused(seeds, overrides, told):
    with pytest.raises(ConfigError, match=told):
        choose_seeds(seeds, overrides)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("set data.images to a folder.", "set --data to a folder."),
        ("choose another `run`.", "choose another --out."),
        (
            "name a folder of micrographs (in a project, set data.images).",
            "name a folder of micrographs (in a project, set --data).",
        ),
        ("run `prepare` again.", "run `prepare` again."),
        ("a file in run folders, set run.", "a file in run folders, set run."),
        ("`evaluation.seeds` is 3", "`evaluation.seeds` is 3"),
        (
            "prepare: starts anew: `data.patch_size` changed from 256 to 128",
            "prepare: starts anew: `data.patch_size` changed from 256 to 128",
        ),
        ("set data.images-old/x.tif or data.masks.tif aside.", "set data.images-old/x.tif or data.masks.tif aside."),
        ("/x/data.images is a file, scan data.tif too.", "/x/data.images is a file, scan data.tif too."),
        ("preset a, --set data.stride=0: `data.stride` is 0.", "preset a, --set data.stride=0: `data.stride` is 0."),
        (
            "give its rows in data.data_bar.",
            "give its rows in data.data_bar (fields are changed with --set, as in --set data.data_bar=VALUE).",
        ),
        (
            "lower `segmentation.nnunet.batch_size`, correct data.images.",
            "lower `segmentation.nnunet.batch_size`, correct --data (fields are changed with --set, as in --set "
            "segmentation.nnunet.batch_size=VALUE).",
        ),
    ],
)
def test_fields_are_named_by_their_options(sentence, told):
    assert with_options(sentence) == told


def test_errors_name_options():
    with pytest.raises(DataError, match=r"^correct --data\.$"), naming_options():
        raise DataError("correct data.masks.")
