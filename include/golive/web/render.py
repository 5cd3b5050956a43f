"""Templates to HTML: one page that holds all it needs, with everything escaped that came from elsewhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from golive.reports import plain
from golive.reports.words import code, duration, lines, many, moment, number, shown

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """A page, and the headers that keep it to itself: no script but its own, no frame but Airflow's."""

    html: str
    headers: dict[str, str]


def page(template: str, *, forms: bool = False, **values: Any) -> Page:
    """The page of a template; ``root`` among the values is the path under which Airflow's UI stands.

    With ``forms`` it may send one, to its own server alone.
    """
    nonce = secrets.token_urlsafe(16)
    html = _environment().get_template(template).render(
        nonce=nonce, css=_asset("page.css"), script=_asset("page.js"), now=datetime.now(UTC), **values
    )
    sends = "'self'" if forms else "'none'"
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self';"
        f" img-src data:; base-uri 'none'; form-action {sends}; frame-ancestors 'self'"
    )
    headers = {
        "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return Page(html, headers)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )
    made.filters |= {
        "number": number, "many": many, "moment": moment, "duration": duration, "shown": shown, "lines": lines,
        "word": plain.state, "plain": plain.name, "question": plain.question,
        "code": code, "part": _part, "markdown": _markdown,
    }
    return made


@cache
def _asset(name: str) -> Markup:
    """A file of our own, trusted."""
    return Markup((_HERE / "static" / name).read_text(encoding="utf-8"))


def _part(text: str) -> str:
    """One part of a path."""
    return quote(text, safe="")


def _markdown(text: str) -> Markup:
    """Markdown without HTML of its own, pictures or links that can be followed; its headings stand below the page's."""
    reader = _reader()
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + 2)}"
        # A column's alignment comes as a style, which the page's policy forbids.
        if (aligned := token.attrs.pop("style", None)) is not None and "right" in str(aligned):
            token.attrs["class"] = "n"
    return Markup(reader.renderer.render(tokens, reader.options, {}))


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "autolink"])
    # A frame may not open another site, so an address is shown to be copied, beside what it is called.
    reader.add_render_rule("link_open", lambda self, tokens, at, options, env: "<span>")
    reader.add_render_rule("link_close", _address)
    reader.add_render_rule("table_open", lambda self, tokens, at, options, env: '<div class="scroll"><table>')
    reader.add_render_rule("table_close", lambda self, tokens, at, options, env: "</table></div>")
    return reader


def _address(self: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    opened = next(token for token in reversed(tokens[:at]) if token.type == "link_open")
    return f" (<code>{escape(opened.attrs['href'])}</code>)</span>"
