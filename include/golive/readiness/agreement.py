"""The Success Agreement: what moves, when, who, and under which conditions, as one document with versions.

It is rendered from the project file and the ledger, and from nothing that changes by itself: the same
facts give the same text, the same text is the same version. Who signs the stage signs the version that
this run wrote, since its hash is part of what they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from golive.readiness import calendar, slots
from golive.readiness.criteria import declared
from golive.readiness.rules import in_words
from golive.readiness.site import Outcome, Record, Site

if TYPE_CHECKING:
    from jinja2 import Environment

    from golive.ledger import Entry, Ledger

# So many changed lines stand in the step's sentence; the ledger has all of them.
_NAMED = 6
# How the alarms of the watchdog about what has changed are named.
_DRIFT = "alarm/drift/"
# What a term of each part is called.
_TERMS = {
    "criteria": "the criterion", "days": "the day of the", "opening": "the step of opening",
    "signers": "who signs the stage",
}  # fmt: skip
_MARKUP = re.compile(r"([\\`*\[\]<>|~#])|(?<!\w)(_)|(_)(?!\w)")


def render_agreement(site: Site) -> Outcome:
    """The agreement as it is now: its last version if nothing changed, else the next, and in words what changed."""
    text = render(site)
    last = agreed(site.ledger, site.project.name)
    if last is None:
        version, changed = 1, []
    elif last.payload["hash"] == _hash(text) and not unkept(site):
        version, changed = last.payload["version"], last.payload["changed"]
    else:
        version, changed = last.payload["version"] + 1, drift(site)
    payload = {"version": version, "hash": _hash(text), "changed": changed}
    evidence = {"version": version, "hash": _hash(text), "text": text, "terms": terms(site)}
    says = f"The Success Agreement is version {version} ({_hash(text)[:12]})"
    if changed:
        more = f"; and {len(changed) - _NAMED} lines more" if len(changed) > _NAMED else ""
        says += f". Changed since version {version - 1}: {'; '.join(changed[:_NAMED])}{more}"
    return Outcome(says, (Record("agreement", payload, evidence),))


def agreed(ledger: Ledger, project: str) -> Entry | None:
    """The newest version of the agreement; its evidence holds the text."""
    return ledger.last(project, "agreement")


def in_force(ledger: Ledger, project: str) -> Entry | None:
    """The version that was signed, or None: from the end of the stage that signs it until the new system opens."""
    from golive.ledger import opened
    from golive.readiness.moving import BOOKING
    from golive.readiness.stages import complete

    if complete(ledger, project, BOOKING) is None or opened(ledger, project) is not None:
        return None
    return agreed(ledger, project)


def drift_told(ledger: Ledger, version: Entry) -> Entry | None:
    """The last alarm about what has changed since a version, or about the end of that; None without one."""
    alarms = ledger.entries(version.project, kind="alarm", after=version.seq)
    return next((alarm for alarm in reversed(alarms) if (alarm.once or "").startswith(_DRIFT)), None)


def is_over(alarm: Entry) -> bool:
    """Whether an alarm of ``drift_told`` says that the version holds again."""
    return (alarm.once or "").startswith(f"{_DRIFT}over/")


def drift(site: Site) -> list[str]:
    """In words, every line in which the newest version and what is so now differ; empty without a version.

    Where no line of the text differs, the terms that do: see ``unkept``.
    """
    evidence = _newest(site)
    return [] if evidence is None else list(_differences(evidence["text"], render(site))) or unkept(site)


def terms(site: Site) -> dict[str, dict[str, Any]]:
    """What may not change without everybody's word, each part by name: criteria, days, steps of opening, who signs."""
    days, project = calendar.calendar_of(site), site.project
    return {
        "criteria": {each.id: each.model_dump(mode="json") for each in declared(project)},
        "days": {
            "cut-over": str(days.freeze or ""), "go-live": str(days.go_live or ""),
            **{f"team {wave.team}": wave.day.isoformat() for wave in project.waves},
        },
        "opening": {f"{n}. {step.step}": step.model_dump(mode="json") for n, step in enumerate(project.opening, 1)},
        "signers": {stage.name: list(stage.signers) for stage in project.stages},
    }  # fmt: skip


def unkept(site: Site) -> list[str]:
    """In words, every term that is not as the newest version has it; empty without a version."""
    evidence = _newest(site)
    if evidence is None:
        return []
    now = terms(site)
    return [
        f"{_TERMS[part]} {name} {'is new' if name not in then else 'is gone' if name not in now[part] else 'changed'}"
        for part in now
        for then in (evidence.get("terms", {}).get(part, {}),)
        for name in {**then, **now[part]}
        if then.get(name) != now[part].get(name)
    ]


def _newest(site: Site) -> dict[str, Any] | None:
    """The evidence of the newest version; None without one."""
    last = agreed(site.ledger, site.project.name)
    if last is None or last.evidence_hash is None:
        return None
    evidence = site.ledger.evidence(last.evidence_hash)
    assert isinstance(evidence, dict)
    return evidence


def render(site: Site) -> str:
    """The agreement as Markdown, from the file and the ledger as they are now. Whatever a name holds stays text."""
    ledger, project = site.ledger, site.project
    sizing, profile = ledger.last(project.name, "sizing"), ledger.last(project.name, "profile")
    risks = sorted(ledger.latest(project.name, "risk", by=("id",)), key=lambda risk: str(risk.payload["id"]))
    days, booked = calendar.calendar_of(site), slots.booked(ledger, project.name)
    return (
        _environment()
        .get_template("agreement.md.j2")
        .render(
            project=project,
            named=lambda people: ", ".join(map(project.called, people)),
            in_words=in_words,
            freeze=in_words(days.freeze) if days.freeze else "no day yet",
            go_live=in_words(days.go_live) if days.go_live else "no day yet",
            booked=in_words(booked) if booked else "no day is booked",
            set_aside=calendar.waived(site, calendar.broken(site)),
            profile=profile.payload if profile else None,
            sizing=sizing.payload if sizing else None,
            criteria=declared(project),
            risks=[risk.payload for risk in risks if risk.payload["state"] != "closed"],
        )
    )


def _differences(before: str, now: str) -> Iterator[str]:
    old, new = ([line for line in text.splitlines() if line.strip()] for text in (before, now))
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (f"no longer: {_shown(line)}" for line in old[i1:i2])
            yield from (f"new: {_shown(line)}" for line in new[j1:j2])


def _shown(line: str) -> str:
    """A line of the document without the marks of its list or table."""
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|").removeprefix("- "))]
    return ", ".join(cell for cell in cells if cell)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("golive.readiness"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, not HTML: `_text` escapes what Markdown would obey
        finalize=_text,
    )


def _text(value: Any) -> str:
    """On one line, with every character escaped that Markdown would obey."""
    return _MARKUP.sub(lambda found: "\\" + found[0], " ".join(str(value).split()))
