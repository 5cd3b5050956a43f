"""The closing report of a project: one page in Markdown and the same in HTML that needs nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from golive.reports.markdown import _text
from golive.reports.words import duration, many, number, shown

if TYPE_CHECKING:
    from jinja2 import Environment

    from golive.readiness.closing import Closing


@dataclass(frozen=True, slots=True)
class Written:
    """The report as text; equal facts give equal text."""

    markdown: str
    html: str


def write(facts: Closing) -> Written:
    """Put the facts into words. Whatever people wrote is escaped, for Markdown and for HTML."""
    return Written(
        _environment(html=False).get_template("closing.md.j2").render(facts=facts),
        _environment(html=True).get_template("closing.html.j2").render(facts=facts),
    )


@cache
def _environment(*, html: bool) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("golive.reports"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "text": _text if not html else shown,
        "number": number,
        "many": many,
        "duration": duration,
    }
    return made
