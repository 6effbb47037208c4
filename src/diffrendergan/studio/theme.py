"""The look of the page: the colours of the report, light and dark, and text of 16 px."""

from __future__ import annotations

from diffrendergan.reporting.figures.theme import (
    BLUE,
    DARK,
    GREEN,
    LIGHT,
    ORANGE,
    PAGE,
    PURPLE,
    VERMILION,
    css_variables,
)

RULES = """
html, body, .q-field, .q-table, .q-table td, .q-btn, .q-item, .q-tab__label, .q-field__label, .q-chip, .q-uploader,
.q-menu, .q-notification { font-size: 16px; }
.q-field__messages, .q-field__bottom { font-size: 15px; line-height: 1.3; }
.q-tab__label, .q-btn { text-transform: none; }
body, .q-page, .nicegui-content { background: var(--page); color: var(--ink); }
.nicegui-content { padding: 0; gap: 0; }
.q-header { background: var(--card); color: var(--ink); border-bottom: 1px solid var(--line); }
.q-card, .q-table__card, .q-uploader, .q-table, .q-menu, .q-dialog__inner > .q-card { background: var(--card);
  color: var(--ink); box-shadow: none; border: 1px solid var(--line); border-radius: 8px; }
.q-uploader { width: 100%; }
.q-uploader__list, .q-uploader__subtitle { display: none; }
.q-uploader__header .q-btn, .q-uploader__header .q-icon { color: #fff !important; }
.muted { color: var(--muted); }
.doubt { color: var(--vermilion); }
.section { font-weight: 600; font-size: 18px; }
a { color: var(--link); }
.body--dark .q-layout, .body--dark .q-notifications, .body--dark .q-menu { --q-primary: #3a94d2;
  --q-negative: #ff8b4d; }
.q-table th, .q-tooltip { font-size: 15px; }
.q-table__bottom { font-size: 15px; }
.split { background: var(--card); border: 1px solid var(--line); }
.split-wait { position: absolute; inset: 0; display: grid; place-items: center; }
.split-name { background: rgba(0, 0, 0, .65); color: #fff; padding: 2px 8px; border-radius: 4px; font-size: 15px; }
:focus-visible { outline: 3px solid var(--orange); outline-offset: 2px; }
.grid-of-scans { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 14px; width: 100%; }
.scan { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; cursor: pointer;
  position: relative; }
.scan:hover { border-color: var(--blue); }
.scan .picture { position: relative; background: #000; height: 200px; }
.scan .picture img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
pre, code { font-size: 15px; }
.nicegui-code pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.log { display: flex; flex-direction: column-reverse; font-family: monospace; font-size: 14px; white-space: pre;
  max-height: 16rem; overflow: auto; background: var(--page);
  border: 1px solid var(--line); border-radius: 6px; padding: 8px; width: 100%; }
.picture-frame { max-width: 100%; border-radius: 6px; border: 1px solid var(--line); background: #fff; }
"""


def style_sheet() -> str:
    """Return the CSS of the page, with variables for both themes."""
    light = css_variables({**LIGHT, **PAGE["light"]})
    dark = css_variables({**DARK, **PAGE["dark"]})
    return f":root, .body--light {{ {light} }}\n.body--dark {{ {dark} }}\n{RULES}"


def brand() -> dict[str, str]:
    """Return the colours of buttons and messages, which people with colour-blindness can tell apart."""
    return {
        "primary": BLUE, "secondary": PURPLE, "accent": ORANGE, "positive": GREEN, "negative": VERMILION,
        "warning": ORANGE, "info": BLUE,
    }  # fmt: skip
