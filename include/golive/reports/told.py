"""Each entry as one sentence: the records and forms of the roadmap here, whatever every run writes by ``steps``."""

from __future__ import annotations

from dataclasses import replace

from golive.ledger import Entry, Kind
from golive.project import Project
from golive.reports import plain
from golive.reports.model import Step
from golive.reports.steps import ASKS, step
from golive.reports.words import many, shown

_KINDS = {
    Kind.ATTESTATION: "People stated", Kind.WAIVER: "A rule was set aside", Kind.PROFILE: "Looked at the old system",
    Kind.READINESS: "Scored the readiness", Kind.DOCUMENT: "Document", Kind.RISK: "Risk",
    Kind.THIRD_PARTY: "Connection of another system", Kind.SIZING: "Estimated how long it takes",
    Kind.AGREEMENT: "Wrote the Success Agreement", Kind.SLOT: "Day of going live", Kind.AREA: "Configuration area",
    Kind.CONFIG_COPY: "Configuration beside production",
    Kind.TRAINING_COPY: "Training copy",
    Kind.TRAINING: "Training", Kind.MATERIAL: "Training material", Kind.CLEAN_UP: "Counted defects",
    Kind.PROCESS: "Business process", Kind.LEFTOVER: "What must be gone",
    Kind.ISSUE: "Issue", Kind.MEETING: "Meeting", Kind.COMMUNICATION: "Told people", Kind.FIGURE: "Measured",
    Kind.OUTCOME: "What must go on", Kind.FIRST_USE: "First use", Kind.TICKET: "Support tickets",
    Kind.WORK_LIST: "Drew rows for people to review", Kind.REVIEW: "People reviewed rows",
    Kind.REPORT: "Wrote the report", Kind.SCENARIOS: "Read the results of", Kind.PRIVACY: "Compared personal data",
}  # fmt: skip
_NAMED = ("title", "what", "name", "team", "area", "rule", "process", "course", "day", "on", "table", "scenario")


def told(entry: Entry, project: Project | None = None) -> Step:
    """The entry in words; with the project, people are called as its file calls them."""
    said = entry.payload
    made = step(entry)
    who = shown(project.called(entry.actor) if project else entry.actor)
    if entry.kind == Kind.APPROVAL and str(said.get("question", "go_live")).partition("/")[0] not in ASKS:
        says, detail, bad = _approval(entry, who, project)
        return replace(made, who=who, says=says, detail=detail, bad=bad)
    if entry.kind in _KINDS:
        says, detail = _thing(entry)
        return replace(made, who=who, says=says, detail=detail)
    return replace(made, who=who)


def called(people: object, project: Project | None) -> str:
    """'Ann or Bob', of user ids; 'a person' where nobody is named."""
    ids = people if isinstance(people, list | tuple) else ()
    return " or ".join(shown(project.called(str(each)) if project else each) for each in ids) or "a person"


def _approval(entry: Entry, who: str, project: Project | None) -> tuple[str, str, bool]:
    said = entry.payload
    what, verdict = plain.question(said["question"]), said.get("verdict")
    comment = f"“{shown(said['comment'])}”" if said.get("comment") else ""
    if verdict == "asked":
        return f"Asked {called(said.get('people'), project)}: {what}", "", False
    if verdict == "approved":
        return f"{who} agreed: {what}", comment, False
    if verdict == "rejected":
        return f"{who} said no: {what}", comment, True
    reason = shown(said.get("reason") or "")
    return f"The answer did not count: {what}", "\n".join(filter(None, (reason, comment))), True


def _thing(entry: Entry) -> tuple[str, str]:
    """What a record is about, and its state."""
    said = entry.payload
    name = next((shown(said[key]) for key in _NAMED if said.get(key)), "")
    state = plain.state(said["state"]).text if said.get("state") else ""
    if entry.kind == Kind.AGREEMENT:
        return f"{_KINDS[Kind.AGREEMENT]}, version {shown(said.get('version'))}", ""
    if entry.kind == Kind.PROFILE:
        return _KINDS[Kind.PROFILE], f"{many(int(said.get('tables') or 0), 'table')}"
    return _KINDS[Kind(entry.kind)] + (f": {plain.name(name)}" if name else ""), state
