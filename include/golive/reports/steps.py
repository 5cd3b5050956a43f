"""Each ledger entry as one sentence of what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from golive.ledger import Entry, Kind, part_of
from golive.reports import plain
from golive.reports.model import Step
from golive.reports.parts import people
from golive.reports.words import duration, lines, many, number, shown

# By the part of a question's name before its slash: what is asked, and what an approval agrees to.
ASKS = {
    "go_live": "whether to go live",
    "quarantine": "whether to open without rows that could not be migrated and were not shown before",
    "criterion": "to sign the criterion {}",
    "opening": "whether to let in: {}",
    "waive": "whether to open the stage before its time",
}
_AGREED = {
    "go_live": "agreed to go live",
    "quarantine": "agreed to open without these rows",
    "criterion": "signed the criterion {}",
    "opening": "agreed to let in: {}",
    "waive": "waived what is not complete before it",
}


def step(entry: Entry) -> Step:
    """The entry in words."""
    says, detail, bad = _WORDS.get(entry.kind, _other)(entry)
    return Step(entry.seq, entry.at, shown(entry.actor), says, detail, entry.evidence_hash or "", bad)


def asks(question: str) -> str:
    """What a question asks, in words that follow 'asked somebody' or 'waits for somebody'."""
    return _named(ASKS, question)


def _named(words: Mapping[str, str], question: str) -> str:
    what, _, about = question.partition("/")
    return words.get(what, shown(question).replace("{", "")).format(shown(about).replace("_", " "))


def moved(sums: Mapping[str, Any]) -> str:
    """The numbers of an increment or sweep."""
    parts = [f"{number(sums[name])} {name}" for name in ("inserted", "updated", "deleted")]
    return f"{number(sums['read'])} rows read, {', '.join(parts)}, {number(sums['quarantined'])} in quarantine"


def judged(entry: Entry) -> str:
    """The verdicts of one lane's checks, in numbers."""
    counts = {name: entry.payload.get(name, 0) for name in ("PASS", "FAIL", "ERROR", "VACUOUS")}
    words = {"PASS": "passed", "FAIL": "failed", "ERROR": "could not run", "VACUOUS": "looked at nothing"}
    return ", ".join(f"{number(count)} {words[name]}" for name, count in counts.items() if count or name == "PASS")


Words = tuple[str, str, bool]


def _dry_run(entry: Entry) -> Words:
    said = entry.payload
    return (
        "Showed what the go-live would do; nothing was changed",
        f"{many(said['rows'], 'row')} to carry across, {number(said['total'])} to compare, about"
        f" {many(sum(said['minutes'].values()), 'minute')}, {number(said['quarantined'])} in quarantine so far",
        False,
    )


def _approval(entry: Entry) -> Words:
    said = entry.payload
    question = said.get("question", "go_live")
    comment = f"“{shown(said['comment'])}”" if said.get("comment") else ""
    if said["verdict"] == "asked":
        return f"Asked {people(entry)} {asks(question)}", "", False
    if said["verdict"] == "approved":
        return f"{shown(entry.actor)} {_named(_AGREED, question)}", comment, False
    if said["verdict"] == "rejected":
        return f"{shown(entry.actor)} said no", comment, True
    return "The answer did not count", "\n".join(filter(None, [shown(said.get("reason") or ""), comment])), True


def _freeze(entry: Entry) -> Words:
    said = entry.payload
    return (
        f"Made the old system read-only: {many(said['tables'], 'table')}, proven by rejected writes",
        f"At position {shown(said['position'])}, within {duration(said['seconds'])}", False,
    )


def _unfreeze(entry: Entry) -> Words:
    return "Opened the old system again: it takes writes", "", True


def _moves(entry: Entry) -> Words:
    said = entry.payload
    open_tables = said.get("unfinished", 0)
    more = f"; {many(open_tables, 'table')} not finished" if open_tables else ""
    stuck = f"; {many(said['undeleted'], 'row')} could not be deleted" if said.get("undeleted") else ""
    what = shown(said["what"])
    return f"Finished the {what}" if not more else f"Moved a part: {what}", moved(said) + more + stuck, bool(stuck)


def _checks(entry: Entry) -> Words:
    said = entry.payload
    what = _PARTS.get(part_of(entry), "checks")
    return f"Ran the {what} of lane {said['lane']} of {said['lanes']}", judged(entry), said["verdict"] != "PASS"


# What a lane ran, by the part that its entry is about.
_PARTS = {"suites": "suites", "comparisons": "comparisons"}


def _sample(entry: Entry) -> Words:
    said = entry.payload
    passed = said["verdict"] == "PASS"
    changed = sum(said.get("changed_after_review", {}).values())
    anew = f"; {many(changed, 'row')} changed since people found them right" if changed else ""
    return (
        f"Drew a {said['percent']}% sample and compared it cell by cell: {'passed' if passed else said['verdict']}",
        f"{many(said['rows'], 'row')}, seed {said['seed']}{anew}", not passed,
    )


def _opening(entry: Entry) -> Words:
    said = entry.payload
    allowed = f"; may connect: {', '.join(map(shown, said['allow']))}" if said.get("allow") else ""
    detail = f"Agreed by {shown(said['approved_by'])}{allowed}"
    if said.get("open_to_all"):
        detail += "\nThe server lets every role connect, as long as CONNECT is not revoked from PUBLIC"
    return f"Opened the new system for: {shown(said['step'])}", detail, False


def _stage(entry: Entry) -> Words:
    said = entry.payload
    name = plain.name(entry.stage or "")
    says = {
        "opened": "Opened the stage", "closed": "Closed the stage: it is complete",
        "waived": f"Waived the stage {name}", "reopened": f"The stage {name} is to be done again",
    }.get(said["state"], f"The stage {name}: {plain.name(said['state'])}")  # fmt: skip
    return says, shown(said.get("reason") or ""), False


def _step(entry: Entry) -> Words:
    missing = entry.payload.get("missing") or ()
    return shown(entry.payload["says"]), "\n".join(shown(line) for line in missing), bool(missing)


def _criterion(entry: Entry) -> Words:
    said = entry.payload
    judged = {"PASS": "passed", "FAIL": "did not pass", "ERROR": "could not be found out", "VACUOUS": "is open"}
    says = f"Criterion “{shown(said['title'])}” {judged.get(said['state'], shown(said['state']))}"
    if not said["measured"] and said["state"] == "PASS":
        says = f"{shown(entry.actor)} signed the criterion “{shown(said['title'])}”, until {shown(said['expires'])}"
    return says, shown(said["says"]), said["state"] in ("FAIL", "ERROR")


def _summary(entry: Entry) -> Words:
    said = entry.payload
    return "Wrote the summary", f"{many(said['rows'], 'row')} in {many(said['tables'], 'table')}", False


def _alarm(entry: Entry) -> Words:
    said = entry.payload
    told = "Told people" if said.get("delivered") else "Nobody could be told, for want of an address"
    return f"{told}: {shown(said['title'])}", f"{lines(said['what'])}\nTo do: {lines(said['do'])}", True


def _other(entry: Entry) -> Words:
    return plain.name(entry.kind).capitalize(), "", False


_WORDS: dict[str, Callable[[Entry], Words]] = {
    Kind.DRY_RUN: _dry_run, Kind.APPROVAL: _approval, Kind.FREEZE: _freeze, Kind.UNFREEZE: _unfreeze,
    Kind.INCREMENT: _moves, Kind.SWEEP: _moves, Kind.CHECKS: _checks, Kind.SAMPLE: _sample, Kind.OPENING: _opening,
    Kind.SUMMARY: _summary, Kind.ALARM: _alarm, Kind.STAGE: _stage, Kind.STEP: _step, Kind.CRITERION: _criterion,
}
