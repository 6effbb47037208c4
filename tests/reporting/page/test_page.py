import json
import re
import shutil
from html.parser import HTMLParser
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from diffrendergan.reporting.figures import pictures
from diffrendergan.reporting.page import comparison_section, particle_sections, score_sections, sections
from diffrendergan.reporting.page.measured import read_measured
from diffrendergan.reporting.page.page import make_page
from diffrendergan.reporting.page.pooled import pool_sizes
from diffrendergan.reporting.page.scores import read_scores
from diffrendergan.twins.results import Bin, Corrected, Fates, TwinResult

from ..conftest import changed, quantified

VOID = {"img", "meta", "br", "input", "link"}
STAGES = ["prepare", "train", "select", "synthesize", "segment", "evaluate", "quantify", "compare", "judge"]


class Outline(HTMLParser):
    """Checks that elements are closed in order, and gathers text and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.missing: list[str] = []
        self.in_missing = False
        self.identifiers: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.identifiers += [value for name, value in attrs if name == "id"]
        if ("class", "missing") in attrs:
            self.missing.append("")
            self.in_missing = True

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
        self.in_missing = self.in_missing and tag != "p"

    def handle_data(self, data):
        if self.in_missing:
            self.missing[-1] += data
        if "style" not in self.open:
            self.text.append(data)


def page_of(project, run) -> str:
    measured = read_measured(project, run, read_scores(run))
    return make_page(project, run, measured, pool_sizes(measured.scans, project.seed))


@pytest.fixture(scope="module")
def page(finished, project) -> str:
    return page_of(project, finished)


@pytest.fixture
def undrawn(monkeypatch):
    """Make all figures, but leave out their lines, which take the longest by far: where sentences are looked at."""

    def named(figure, name, description):
        assert figure.axes and name
        return f'<svg role="img" aria-label={quoteattr(description)}></svg>'

    def filled(figure, longest_edge, most_bytes):
        assert figure.axes and longest_edge and most_bytes
        return "data:image/jpeg;base64,"

    for module in (comparison_section, particle_sections, score_sections, sections):
        monkeypatch.setattr(module, "inline_svg", named)
    monkeypatch.setattr(pictures, "figure_jpeg", filled)


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def words(parser: Outline) -> str:
    return " ".join(" ".join(parser.text).split())


def test_the_page_is_whole_and_fetches_nothing(page):
    found = outline(page)
    assert "http:" not in page and "https:" not in page and "@import" not in page
    for tag, name, value in found.attributes:
        if name == "src":
            assert value.startswith("data:image/"), (tag, value[:40])
        if name == "href":
            assert value.startswith("#"), (tag, value[:40])
    assert not re.search(r"url\((?!#)", page)
    assert not any(tag in ("script", "link", "iframe") for tag, _, _ in found.attributes)
    assert found.missing == []


def test_links_lead_somewhere_and_identifiers_are_unique(page):
    found = outline(page)
    assert len(set(found.identifiers)) == len(found.identifiers)
    assert {value[1:] for tag, name, value in found.attributes if (tag, name) == ("a", "href")} <= set(
        found.identifiers
    )


def test_the_page_says_what_was_done_and_how_well(page):
    text = words(outline(page))
    assert "10 patches were cut from 2 unlabelled micrographs." in text
    assert "A generator was trained on them for 6 epochs" in text
    assert "It made 10 annotated synthetic images." in text
    assert "2 segmentation networks, trained on these without any real annotation, segmented 2 held-out scans." in text
    for row in ("Synthetic images only", "Real annotated scans", "Otsu threshold", "scan c", "6 in all"):
        assert row in text
    assert "# recorded name: toy" in text
    assert "4 min 40 s" in text  # 10 + 20 + … + 70 s


def test_as_many_real_as_synthetic_patches(page):
    sides = re.findall(r'alt="(Real|Synthetic) patch \d', page)
    assert sides.count("Real") == sides.count("Synthetic") == 8


@pytest.mark.usefixtures("undrawn")
def test_a_discriminator_that_has_won_is_warned_of(finished, project, tmp_path):
    assert "the discriminator has won" not in words(outline(page_of(project, finished)))
    copy = shutil.copytree(finished, tmp_path / "run")
    (copy / "train" / "losses").mkdir()
    for epoch in range(1, 7):
        np.save(copy / "train" / "losses" / f"epoch-{epoch:04d}.npy", np.full((20, 4), 0.01, np.float32))
    assert "Warning: the discriminator has won" in words(outline(page_of(project, copy)))


@pytest.mark.usefixtures("undrawn")
def test_the_papers_row_stands_only_under_its_own_data(page, finished, project):
    own = page_of(project.model_copy(update={"name": "tio2-sem"}), finished)
    for name in ("Possart et al. 2025", ".916", ".474", ".845"):
        assert name in words(outline(own)) and name not in words(outline(page))


def test_the_same_run_gives_the_same_page(page, finished, project):
    assert page_of(project, finished) == page


@pytest.mark.usefixtures("undrawn")
def test_names_cannot_break_the_page(run, project):
    name = '<script>alert("x")</script> & co'
    (run / "config.yaml").write_text("name: </pre><b>bold</b>\n")
    page = page_of(project.model_copy(update={"name": name}), run)
    assert "<script" not in page and "</pre><b>" not in page
    assert name in words(outline(page))


@pytest.mark.parametrize("done", range(1, len(STAGES)))
@pytest.mark.usefixtures("undrawn")
def test_a_run_cut_short_says_what_is_missing(run, project, done):
    for stage in STAGES[done:]:
        shutil.rmtree(run / stage)
    found = outline(page_of(project, run))
    text = words(found)
    if STAGES[done] != "segment":  # of the networks only their scores are told
        assert f"diffrendergan {STAGES[done]}" in text
    assert all(sentence.strip().endswith(".") for sentence in found.missing)
    assert found.missing


def test_an_empty_run_folder_is_no_error(tmp_path, project):
    found = outline(page_of(project, tmp_path))
    assert "Nothing has been done in this run folder yet" in words(found)
    assert len(found.missing) == 13  # every section, and the environment


@pytest.mark.usefixtures("undrawn")
def test_a_training_under_way_shows_how_far_it_is(run, project):
    for stage in STAGES[2:]:
        shutil.rmtree(run / stage)
    history = run / "train" / "history.jsonl"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:2]))
    assert "2 of 6 epochs so far" in words(outline(page_of(project, run)))


@pytest.mark.usefixtures("undrawn")
def test_scans_without_annotation_have_overlays_but_no_scores(unannotated, unannotating):
    page = page_of(unannotating, unannotated)
    found = outline(page)
    assert found.missing == ["No held-out scan is annotated."]
    assert "predicted particle" in words(found)
    assert len(re.findall(r'alt="Prediction on scan', page)) == 2


@pytest.mark.usefixtures("undrawn")
def test_the_absent_reference_is_said(run, project):
    path = run / "evaluate" / "scores.json"
    value = json.loads(path.read_text())
    for key in ("summary", "rows"):
        value[key] = [entry for entry in value[key] if entry["method"] != "real"]
    path.write_text(json.dumps(value))
    text = words(outline(page_of(project, run)))
    assert "evaluate --with-real" in text
    assert "Real annotated scans" not in text


def test_particles_and_sizes_are_shown_beside_the_annotation(page):
    text = words(outline(page))
    assert len(re.findall(r'alt="Particles in colours on scan', page)) == 2
    assert "3 particles, none of them cut by the border; 3 annotated" in text
    assert "Predicted: median 56.4 nm" in text and "Annotated: median 56.4 nm" in text
    assert "Wasserstein distance of both: 0 nm, under 1 % of the median." in text
    assert "Annotated median nm" in text
    assert 'id="thickness"' not in page and "#thickness" not in page


def test_intervals_and_further_scores_stand_in_the_tables(page):
    text = words(outline(page))
    assert re.search(r"\.\d{3} ± \.\d{3} \[\.\d{3}, (\.\d{3}|1\.000)\]", text)
    for title in ("AP .5–.95", "AJI", "Boundary F1", "Count error", "Diameter distance [nm]"):
        assert title in text
    assert "Diameter distance [px]" not in text


def test_wires_have_maps_of_their_thickness_and_a_colour_bar(run, wiry):
    page = page_of(wiry, quantified(wiry, run))
    found = outline(page)
    assert ("a", "href", "#thickness") in found.attributes
    assert len(re.findall(r'alt="Local thickness of the wires on scan', page)) == 2
    assert "local thickness [nm]" in words(found)
    assert "10th to 90th percentile" in words(found)
    assert found.missing == [] and len(set(found.identifiers)) == len(found.identifiers)


def test_wires_without_predictions_say_so(tmp_path, wiry):
    found = outline(page_of(wiry, tmp_path))
    assert len(found.missing) == 14 and "thickness" in found.identifiers


@pytest.mark.usefixtures("undrawn")
def test_without_annotation_or_scale_sizes_stand_alone_in_pixels(run, unannotating):
    scaleless = changed(unannotating, data={"pixel_size_nm": "auto"})
    text = words(outline(page_of(scaleless, quantified(scaleless, run))))
    assert "Predicted: median 11.3 px" in text and "There is no annotation to compare them with." in text
    assert "The pixel size is unknown, so that sizes are in pixels." in text
    assert "Annotated median" not in text and "Wasserstein distance of both" not in text


@pytest.mark.usefixtures("undrawn")
def test_scans_that_moved_away_are_named(run, project):
    moved = changed(project, data={"images": run / "<i>nowhere</i>"})
    page = page_of(moved, quantified(moved, run))
    found = outline(page)
    assert len(found.missing) == 2
    assert all("No held-out scan can be measured. Left out: scan scan c and 1 more, since" in m for m in found.missing)
    assert "<i>nowhere" not in page


@pytest.mark.usefixtures("undrawn")
def test_annotations_that_moved_away_are_named(run, project):
    moved = changed(project, data={"masks": run / "nowhere"})
    text = words(outline(page_of(moved, quantified(moved, run))))
    assert "Left out: the annotation of scan scan c and 1 more, since" in text
    assert "There is no annotation to compare them with." in text


def test_the_page_stays_small(page):
    assert len(page) < 2_000_000


def test_what_twins_taught_is_shown_where_there_are_twins(project, run):
    path = run / "quantify" / "predictions" / "summary.json"
    number_found = Corrected("number", 1234.0, 1456.0, -0.15, 1300.0, 1600.0, 1400.0, 1500.0)
    share = Corrected("share", 1.0, 1.0, 0.0, 0.9, 1.0, 0.95, 1.0)
    fates = tuple(Fates(size, 0.1, 0.7, 0.1, 0.1, 1.02) for size in (20.0, 40.0))
    known = TwinResult("nm", 24, ("scan c",), "", (number_found,), (Bin(20.0, 40.0, share),), fates)
    unlike = TwinResult("px", why_not="5 whole particles are too few.")
    results = {result.unit: result.to_json() for result in (known, unlike)}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"twins": results}))
    page = page_of(project, run)
    outline = Outline()
    outline.feed(page)
    text = " ".join(outline.text)
    assert "twins" in outline.identifiers and not outline.open
    assert "1,456 [1,300, 1,600]" in text and "By 24 images like the scans" in text
    assert "5 whole particles are too few." in text
