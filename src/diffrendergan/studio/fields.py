"""Fields of the project file on the page; a bad value is answered beside the field that it was given in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from diffrendergan.errors import UserError
from diffrendergan.studio.forms import Entry, Form, form_of, with_entry, with_kind
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.page import Page
from diffrendergan.studio.parts import say
from diffrendergan.studio.proposals import Proposal, change, change_to

TWO_COLUMNS = "display: grid; grid-template-columns: 1fr 1fr; gap: 2px 12px"


def proposal_field(page: Page, each: Proposal, on_changed: Callable[[], None]) -> None:
    """Show a field of the project file that can be changed where it stands."""
    if each.form is not None:
        _Formed(page, each, each.form, on_changed).build()
        return

    def given(text: str) -> bool:
        change(page.space.project_file, each.field.name, text)
        on_changed()
        return True

    entry = _typed(each.field.title, each.value, each.options if each.value in each.options else (), given)
    _say_found(entry, each)
    entry.classes("q-mb-sm").mark(each.field.name)


class _Formed:
    """A setting in fields of its own: its kind, and the numbers of that kind."""

    def __init__(self, page: Page, each: Proposal, form: Form, on_changed: Callable[[], None]) -> None:
        self.file, self.each, self.form, self.on_changed = page.space.project_file, each, form, on_changed
        self.name = each.field.name

    def build(self) -> None:
        self.fields = ui.column().classes("w-full q-mb-md").style("gap: 2px").mark(self.name)
        self._show()

    def _show(self) -> None:
        self.fields.clear()
        with self.fields:
            if self.form.kinds:
                _say_found(_typed(self.each.field.title, self.form.kind, self.form.kinds, self._kind), self.each)
            else:
                ui.label(self.each.field.title)
                ui.label(self.each.hint).classes("doubt" if _doubtful(self.each) else "muted")
            with ui.element("div").classes("w-full").style(TWO_COLUMNS):
                for each in self.form.entries:
                    self._show_entry(each)

    def _show_entry(self, each: Entry) -> None:
        entry = _typed(each.title, each.value, each.options, partial(self._entry, each.key))
        entry.props["hint"] = each.help
        entry.mark(f"{self.name}.{each.key}")
        if self.form.lacking is each:
            say(entry, "It needs a value; nothing is changed before.")

    def _kind(self, kind: str) -> bool:
        self._take(with_kind(self.name, self.form.value, kind))
        self._show()
        return False

    def _entry(self, key: str, text: str) -> bool:
        before = {each.key: each.value for each in self.form.entries}
        self._take(with_entry(self.name, self.form.value, key, text))
        if any(before[each.key] != each.value for each in self.form.entries if each.key != key):
            self._show()
            return False
        return True

    def _take(self, value: Any) -> None:
        """Write the setting, unless something is lacking still."""
        form = form_of(self.name, value)
        assert form is not None
        if form.lacking is None:
            change_to(self.file, self.name, value)
            self.on_changed()
        self.form = form


def _typed(title: str, value: str, options: Sequence[str], given: Callable[[str], bool]) -> Any:
    """Show a field that hands on what was given there; `given` tells whether the field is still there afterwards."""
    written = [value]

    def changed(_event: Any) -> None:
        text = str(entry.value)
        if text != written[0]:
            try:
                there = given(text)
            except UserError as error:
                say(entry, str(error))
                return
            written[0] = text
            if not there:
                return
        say(entry, "")

    if options:
        entry = ui.select(list(options), value=value, label=title, on_change=changed)
    else:
        entry = ui.input(title, value=value)
        entry.on("blur", changed)
        entry.on("keydown.enter", changed)
    return entry.props("dense hide-bottom-space").classes("w-full")


def _say_found(entry: Any, each: Proposal) -> None:
    entry.props["hint"] = each.hint
    if _doubtful(each):
        entry.props("color=negative label-color=negative")


def _doubtful(each: Proposal) -> bool:
    return each.doubtful and not each.yours
