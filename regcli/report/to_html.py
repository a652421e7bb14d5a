"""A report as one web page: it opens from disk, prints, and asks nothing of any network.

Tables and sentences are in the page as such; charts are drawn from the JSON document that the page holds whole. The
same report gives the same bytes. What comes from the data is escaped wherever it stands, and a content security policy
lets no script run but the two that the page is written with.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
import json
from base64 import b64encode
from pathlib import Path
from string import Template
from typing import Any

from regcli.errors import UsageError, visible
from regcli.report.report import Report
from regcli.report.webpage import parts
from regcli.report.webpage.figures import figures
from regcli.report.webpage.views import view_of

SCRIPTS = ("words", "looks", "paths", "sizes", "losses", "tables", "page")
"""The page's own script, in pieces that stand in one scope in this order."""
PLOTLY = ("package_data", "plotly.min.js")
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'"
)
"""Plotly styles what it draws from within, and makes a picture of it from a blob."""
ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def require_plotly() -> Path:
    """Where plotly's JavaScript lies; plotly itself is not imported. Raises UsageError where it is not installed."""
    found = importlib.util.find_spec("plotly")
    for folder in (found.submodule_search_locations or []) if found is not None else []:
        file = Path(folder, *PLOTLY)
        if file.is_file():
            return file
    raise UsageError("web pages need plotly", hint="pip install 'regcli[report]'")


def to_html(report: Report, file: str | None = None) -> str:
    """The page; one that a command writes to a `file` says so in the command that makes it again.

    Raises UsageError for predictions, and without plotly where something is to be drawn.
    """
    document = report.document
    if document["command"] == "predict":
        raise UsageError(
            "predictions are rows for a file, not for a page", hint="regcli predict --output predicted.csv"
        )
    view = view_of(document)
    plotly = [] if view is None else [require_plotly().read_text("utf-8").replace("\r\n", "\n")]
    scripts = [*plotly, _own_script()]
    return Template(_file("page.html")).substitute(
        policy=POLICY.format(scripts=" ".join(map(_hashed, scripts))),
        style=_file("page.css"),
        verb=parts.text(document["command"]),
        version=parts.text(document["version"]),
        title=parts.text(visible(report.headline)),
        figures=parts.figure_list(figures(document)),
        alarms=parts.alarms(document["warnings"]),
        notes=parts.notes(document["warnings"]),
        charts=parts.charts(view),
        tables=parts.tables(report),
        facts=parts.fact_list(report.facts),
        settings=parts.settings(document["settings"]),
        origin=parts.origin(document["data"], report.origin() if report.origin is not None else None, file),
        document=_json(report.to_dict()),
        view=_json(view),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def _file(name: str) -> str:
    return importlib.resources.files("regcli.report.webpage").joinpath(name).read_text("utf-8")


def _own_script() -> str:
    pieces = "\n".join(_file(f"scripts/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{pieces}}})();\n'


def _hashed(script: str) -> str:
    """What allows this script, and no other, to run."""
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _json(value: Any) -> str:
    """JSON that no HTML parser can take for markup: ASCII, without angle brackets and ampersands."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).translate(ESCAPES)
