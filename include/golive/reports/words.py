"""Ledger data as people read it: numbers, times, reasons, and text without what a screen would obey."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

# Characters that turn the direction of what follows: a name could lie with them.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST = 2_000
_MARKUP = re.compile(r"([\\`*\[\]<>|~&$!#])|(?<!\w)(_)|(_)(?!\w)")

_REASONS = {
    "duplicate": "several source rows share this key",
    "no key": "a part of the key is empty",
    "taken": "its key belongs to a row of the new system's own",
    "referenced": "other rows of the new system still refer to it",
}
_CODES = {
    "22001": "a text is too long",
    "22003": "a number is too large",
    "22007": "not a valid date or time",
    "22008": "a date or time out of range",
    "22012": "a division by zero",
    "22021": "characters that the encoding does not have",
    "22P02": "not a valid value for the column's type",
    "22P05": "a character that the target's encoding lacks",
    "23502": "a value is missing that the new system requires",
    "23503": "the row that it refers to is not there",
    "23505": "a value that must be unique is there already",
    "23514": "a rule of the new system forbids it",
    "23P01": "it overlaps with another row",
    "P0001": "a trigger of the new system refuses it",
}


def shown(value: Any) -> str:
    """A text on one line, with a visible mark for every character that a screen or terminal would obey."""
    return "".join(_visible(character) for character in str(value)[:_LONGEST]).strip()


def lines(value: Any) -> str:
    """The same for a text of several lines, which stay."""
    return "\n".join(shown(line) for line in str(value)[:_LONGEST].splitlines()).strip()


def escaped(text: str) -> str:
    """A text on one line of Markdown, with every character escaped that Markdown would obey."""
    return _MARKUP.sub(lambda found: "\\" + found[0], " ".join(text.split()))


def code(text: str) -> Markup:
    """Text in which `this` is set as code; all of it is escaped."""
    pieces = re.split(r"`([^`\n]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


def number(value: Any) -> str:
    """12345 as 12,345."""
    return f"{int(value):,}"


def many(value: int, one: str, more: str | None = None) -> str:
    """``1 row``, ``1,200 rows``."""
    return f"{value:,} {one if value == 1 else more or one + 's'}"


def moment(at: datetime) -> str:
    """A time to the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def clock(at: datetime) -> str:
    """The time of the day, in UTC."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def document(value: Any) -> str:
    """A whole text as ``shown`` makes each line of it: its lines and their indents stay, nothing in it is cut."""
    return "\n".join("".join(_visible(c) for c in line).rstrip() for line in str(value).splitlines())


def duration(seconds: int) -> str:
    """Seconds as people say them: ``41 s``, ``3 min 5 s``, ``2 h 10 min``."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def why(reason: str, state: str, detail: str = "") -> str:
    """Why a row was left behind, for somebody who knows no error codes."""
    words = _CODES.get(state) or _REASONS.get(reason) or shown(reason)
    return f"{words} ({shown(detail)})" if detail else words


def _visible(character: str) -> str:
    if character in "\n\r\t":
        return " "
    if character in _TURNING or unicodedata.category(character) in ("Cc", "Zl", "Zp"):
        return "\N{REPLACEMENT CHARACTER}"
    return character
