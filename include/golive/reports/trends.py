"""How passes went, one beside the other: as pictures for a browser, and the same as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from golive.readiness.findings import FIXED, NEW, REGRESSED
from golive.reports import plain
from golive.results import Severity, Verdict

# Each stands out from a white ground and from a dark one alike, and bears the same dark number.
_SEVERITIES = {
    Severity.CRITICAL: "#dc5450", Severity.MAJOR: "#d58a2c", Severity.MINOR: "#6a94c4", Severity.OPPORTUNITY: "#8f979f",
}  # fmt: skip
_CHANGES = {NEW: "#d58a2c", REGRESSED: "#dc5450", FIXED: "#3fa76a"}
_VERDICTS = {
    Verdict.PASS: "#3fa76a", Verdict.FAIL: "#dc5450", Verdict.ERROR: "#a97bc0", Verdict.VACUOUS: "#8f979f",
}  # fmt: skip
_FONT = {"family": "system-ui, 'Segoe UI', Roboto, sans-serif", "size": 13}
_HEIGHT = 300  # CSS pixels


@dataclass(frozen=True, slots=True)
class Step:
    """One pass of the trend: ``open`` by severity, ``changes`` by their kind, ``verdicts`` of all its checks."""

    number: int
    name: str
    day: str
    ok: bool
    open: Mapping[str, int]
    changes: Mapping[str, int]
    verdicts: Mapping[str, int]

    @property
    def label(self) -> str:
        """What tells it from every other pass of its project."""
        return f"{self.number} {self.name}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and the table beside it. ``figure`` is Plotly's own JSON, as data; ``id`` is the same each time."""

    id: str
    title: str
    says: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figure: dict[str, Any]


def pictures(steps: Sequence[Step]) -> tuple[Picture, ...]:
    """What is open, what changed, and what the checks said, pass by pass; for equal steps equal to the byte."""
    opened = {severity.value: [step.open[severity] for step in steps] for severity in _SEVERITIES}
    changed = {change: [step.changes[change] for step in steps] for change in _CHANGES}
    judged = {plain.state(verdict).text: [step.verdicts[verdict] for step in steps] for verdict in _VERDICTS}
    return (
        _picture("open", "What is open", "Open findings after each pass, by how much they weigh.", steps, opened,
                 _bars(steps, opened, _SEVERITIES.values(), "stack", "findings")),
        _picture("changes", "What came and what went", "Findings that are new, back again or fixed, against the pass"
                 " before.", steps, changed, _bars(steps, changed, _CHANGES.values(), "group", "findings")),
        _picture("verdicts", "What the checks said", "The share of all checks that passed, failed, could not run, or"
                 " had nothing to look at.", steps, judged,
                 _bars(steps, judged, _VERDICTS.values(), "stack", "% of the checks", norm="percent")),
    )  # fmt: skip


def _picture(
    name: str, title: str, says: str, steps: Sequence[Step], rows: Mapping[str, Sequence[int]], figure: dict[str, Any]
) -> Picture:
    head = ("", *(step.label for step in steps))
    return Picture(
        name, title, says, head, tuple((each, *(f"{value:,}" for value in row)) for each, row in rows.items()), figure
    )


def _bars(
    steps: Sequence[Step],
    rows: Mapping[str, Sequence[int]],
    colours: Iterable[str],
    mode: str,
    unit: str,
    *,
    norm: str = "",
) -> dict[str, Any]:
    """A bar for each pass and row. What has a colour of the page (ground, letters, lines) gets it from its style."""
    import plotly.graph_objects as plotly  # type: ignore[import-untyped]

    labels = [step.label for step in steps]
    made = plotly.Figure(
        data=[
            plotly.Bar(
                name=name, x=labels, y=list(row), marker={"color": colour}, hovertemplate="%{x}: %{text} " + name,
                text=[str(value) if value else "" for value in row], textposition="inside",
                textangle=0, insidetextanchor="middle",
            )
            for (name, row), colour in zip(rows.items(), colours, strict=True)
        ],
        layout={
            "template": "none", "barmode": mode, "barnorm": norm, "height": _HEIGHT, "font": _FONT,
            "bargap": 0.4, "dragmode": False,
            "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 60, "r": 12, "t": 44, "b": 40},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom",
                       "traceorder": "normal"},
            "xaxis": {"type": "category", "fixedrange": True, "automargin": True},
            "yaxis": {"title": {"text": unit}, "rangemode": "tozero", "fixedrange": True, "tickformat": ",d",
                      "automargin": True, "nticks": 6},
        },
    )  # fmt: skip
    figure: dict[str, Any] = made.to_plotly_json()
    return figure
