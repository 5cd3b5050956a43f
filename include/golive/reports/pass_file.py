"""The report of a pass as files: HTML that needs nothing but itself, and Markdown for mail.

Equal reports give equal bytes. The HTML shows everything without a script, which only draws the pictures; each has
a table beside it. It says itself what a browser may carry out of it: these scripts and this style, by their hashes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from golive.reports.pass_model import PassReport
from golive.reports.passes import RULE
from golive.reports.trends import pictures
from golive.reports.words import code, escaped, many, number

if TYPE_CHECKING:
    from jinja2 import Environment

# Of a list of what changed; everything that is open stands with whoever has to put it right as well.
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Written:
    """The report as text. ``policy`` is the Content-Security-Policy that the HTML carries too."""

    html: str
    markdown: str
    policy: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the HTML in UTF-8."""
        return digest_of(self.html.encode())

    def packed(self) -> bytes:
        """The HTML in UTF-8, compressed as gzip; the same bytes each time."""
        return gzip.compress(self.html.encode(), mtime=0)


def write(report: PassReport) -> Written:
    """Put the report into words and pictures. Whatever people wrote is escaped, for HTML and for Markdown."""
    given: dict[str, Any] = {"report": report, "rule": RULE, "shown": SHOWN}
    style, drawing, plotly = _asset("pass.css"), _asset("pass.js"), _plotly()
    policy = (
        f"default-src 'none'; script-src '{_source(plotly)}' '{_source(drawing)}'; style-src '{_source(style)}';"
        " base-uri 'none'; form-action 'none'"
    )
    html = (
        _environment(html=True)
        .get_template("pass.html.j2")
        .render(**given, pictures=pictures(report.trend), style=style, drawing=drawing, plotly=plotly, policy=policy)
    )
    return Written(html, _environment(html=False).get_template("pass.md.j2").render(**given), policy)


def unpacked(body: bytes) -> bytes:
    """The HTML that ``packed`` compressed."""
    return gzip.decompress(body)


def digest_of(html: bytes) -> str:
    """The SHA-256 by which an entry names the HTML."""
    return hashlib.sha256(html).hexdigest()


def _source(text: str) -> str:
    """A script or style as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _plotly() -> str:
    """Plotly's own script, whole."""
    from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

    return str(get_plotlyjs())


@cache
def _asset(name: str) -> str:
    return files("golive.reports").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment(*, html: bool) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("golive.reports"), autoescape=html, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters |= {"number": number, "many": many, "text": str if html else escaped, "code": code}
    # Equal figures give equal text.
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return made
