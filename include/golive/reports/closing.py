"""The closing report of a project: one page in Markdown and the same in HTML that needs nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from golive.reports.words import duration, escaped, many, number, shown

if TYPE_CHECKING:
    from jinja2 import Environment

    from golive.readiness.closing import Closing, Stage

# Characters that a message bears: mail and chats take more, and nobody reads them there.
BEARS = 2_000
_MORE = "\n\nThere is more in the report."


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


def shortened(markdown: str, most: int = BEARS) -> str:
    """Whole lines from the beginning, of no more than ``most`` characters; a last line says if there was more."""
    if len(markdown) <= most:
        return markdown
    kept = markdown[: most - len(_MORE)].rpartition("\n")[0]
    return f"{kept.rstrip()}{_MORE}"


def _days(stage: Stage) -> str:
    """What a stage took and what was proposed, as the end of its line."""
    took = f", after {many(stage.took, 'day')}" if stage.took is not None else ""
    if stage.proposed is None:
        return took
    return f"{took}; {many(stage.proposed, 'day')} {'was' if stage.proposed == 1 else 'were'} proposed"


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
        "text": shown if html else escaped,
        "number": number,
        "many": many,
        "duration": duration,
        "days": _days,
    }
    return made
