"""The studio in a real browser, from scans to exported results.

With ``STUDIO_SCREENSHOTS=docs/images`` it works on larger virtual scans, goes through all tabs, and writes the pictures
of docs/studio.md.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import DEMO
from diffrendergan.simulator.write import write_demo_data

pytest.importorskip("nicegui", reason="the extra `studio` is not installed")
api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PICTURES = os.environ.get("STUDIO_SCREENSHOTS", "")
WAIT_MS = 60_000
VIEWER = "window.diffrendergan_viewer"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Virtual scans: small ones, or such as a person would see."""
    folder = tmp_path_factory.mktemp("virtual")
    if PICTURES:
        return list(write_demo_data(folder, 4, DEMO, 3, SilentReporter()))
    small = replace(DEMO, width=192, height=192, data_bar=24)
    return list(write_demo_data(folder, 1, small, 3, SilentReporter()))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A studio of its own, in a process of its own, on a free port."""
    command = [sys.executable, "-m", "diffrendergan", "studio", str(tmp_path / "work"), "--no-browser", "--port", "0"]
    # Under that variable NiceGUI takes itself for a part of the test.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            yield found.group()
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """A page of Chromium that has opened the studio; nothing may be asked for elsewhere, and no error be said."""
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        elsewhere: list[str] = []
        errors: list[str] = []
        here = (address, address.replace("http", "ws"), "data:", "blob:")
        page.on("request", lambda request: None if request.url.startswith(here) else elsewhere.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_page(page, address)
        yield page
        assert elsewhere == []
        assert errors == []
        browser.close()


def open_page(page: Any, address: str) -> None:
    for _ in range(40):  # until the server listens
        try:
            page.goto(address)
            break
        except api.Error:
            page.wait_for_timeout(250)
    assert page.url == address, "the studio does not answer"
    page.get_by_role("tab", name="Scans").wait_for()


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def until(page: Any, true: Callable[[], bool]) -> None:
    for _ in range(WAIT_MS // 50):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come true in time")


def picture(page: Any, name: str) -> None:
    if PICTURES:
        page.mouse.move(700, 890)
        page.wait_for_timeout(700)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        shot.save(Path(PICTURES) / f"studio-{name}.png", optimize=True)


def middle_of(page: Any, index: int) -> tuple[int, float, float, float, float]:
    """Return the label of a particle, its middle and its extent on the screen."""
    found = page.evaluate(
        f"""(index) => {{
            const v = {VIEWER}, b = v.canvas.getBoundingClientRect(), o = v.particles[index].box;
            const at = (x, y) => [b.left + (v.x + x * v.scale) / v.ratio, b.top + (v.y + y * v.scale) / v.ratio];
            const [x, y] = at((o[0] + o[2]) / 2, (o[1] + o[3]) / 2), [left, top] = at(o[0], o[1]);
            return [v.particles[index].l, x, y, 2 * (x - left), 2 * (y - top)];
        }}""",
        index,
    )
    return tuple(found)


def test_from_scans_to_exported_results(page: Any, scans: list[Path], tmp_path: Path) -> None:
    work = tmp_path / "work"
    page.locator("input[type=file]").set_input_files([str(path) for path in scans])
    page.locator(".scan img.overlay").nth(len(scans) - 1).wait_for()
    page.get_by_text("What init found").wait_for()
    page.get_by_text("What is it? (init): finished").wait_for()

    # A bad value is answered beside its field, and a good one is in the project file at once.
    fewest, most = page.get_by_label("Fewest per field"), page.get_by_label("Most per field")
    kept = (work / "project.yaml").read_text(encoding="utf-8")
    before, end = fewest.input_value(), most.input_value()
    for bad, said in (("few", "Fewest per field is 'few'; it takes a number."), ("99999", "the range must not fall")):
        fewest.fill(bad)
        fewest.press("Enter")
        page.get_by_text(said).wait_for()
    assert (work / "project.yaml").read_text(encoding="utf-8") == kept
    for good in ("1", before):
        fewest.fill(good)
        fewest.press("Enter")
        until(page, lambda good=good: f"number: [{good}, {end}]" in (work / "project.yaml").read_text(encoding="utf-8"))
    for kind, first in (("normal", "Mean"), ("lognormal", "Median")):
        page.get_by_label("Sizes", exact=True).click()
        page.get_by_role("option", name=kind, exact=True).click()
        page.get_by_label(first, exact=True).wait_for()
        assert f"distribution: {kind}" in (work / "project.yaml").read_text(encoding="utf-8")
    picture(page, "scans")

    tab(page, "Particles")
    page.wait_for_function(f"() => {VIEWER}?.particles.length > 0")
    count = page.evaluate(f"() => {VIEWER}.particles.length")
    label, x, y, width, _ = middle_of(page, count // 2)
    page.mouse.click(x, y)
    page.get_by_text(f"Particle {label}", exact=True).wait_for()
    picture(page, "particles")
    page.keyboard.press("s")
    page.wait_for_function(f"() => {VIEWER}.tool === 'split'")
    page.mouse.move(x - width, y)
    page.mouse.down()
    page.mouse.move(x, y)
    page.mouse.move(x + width, y)
    page.mouse.up()
    page.get_by_text(f"{count + 1} particles").wait_for()
    assert (work / "corrected" / f"{scans[0].stem}.tif").is_file()

    # Nothing is lost when the page is loaded again.
    page.reload()
    page.get_by_text(f"{count + 1} particles").wait_for()
    page.keyboard.press("Control+z")
    page.get_by_text(re.compile(rf"^{count} particles")).wait_for()
    assert not (work / "corrected" / f"{scans[0].stem}.tif").exists()

    if PICTURES:
        other_tabs(page)
    tab(page, "Results")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export everything").click()
    download.value.save_as(tmp_path / "all.zip")
    picture(page, "results")
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        names = set(packed.namelist())
        assert packed.read("first-look/scans.csv") == (work / "first-look" / "scans.csv").read_bytes()
        assert b"diffrendergan quantify" in packed.read("commands.txt")
    assert {"project.yaml", "first-look/summary.json", f"first-look/particles/{scans[0].stem}.csv"} <= names
    assert json.loads((work / "studio.json").read_text(encoding="utf-8"))["tab"] == "Results"


def other_tabs(page: Any) -> None:
    """Go through the tabs that draw, for their pictures."""
    tab(page, "Arrangement")
    page.get_by_text(re.compile(r"^arrangement \d+, in a plain material")).wait_for()
    page.wait_for_timeout(6000)
    picture(page, "arrangement")
    tab(page, "Look")
    page.wait_for_function("() => document.querySelector('.split img[data-side=right]')?.src?.length > 100")
    moved = {"base": 0.15, "electron yield": 0.1, "edge yield": 0.4, "shot noise": 0.1, "noise sigma": 0.3}
    for name, share in moved.items():
        slider = page.locator(f".q-slider[aria-label^='{name}']").last
        slider.click(position={"x": share * slider.bounding_box()["width"], "y": slider.bounding_box()["height"] / 2})
        page.wait_for_timeout(600)
    page.wait_for_timeout(1500)
    picture(page, "look")
