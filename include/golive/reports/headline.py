"""The state of a run in one sentence, what to do next, and the numbers that stand out."""

from __future__ import annotations

from typing import Any

from golive.ledger import Entry, Kind, part_of
from golive.reports import parts
from golive.reports.model import Fact, State
from golive.reports.read import Read
from golive.reports.steps import asks, judged
from golive.reports.words import clock, duration, lines, many, moment, number, shown

ENDED = frozenset({"success", "failed"})

Headline = tuple[State, str, str]

_LOOK = (
    "Open the failed task in Airflow: its message says what to correct. Then clear that task; the run goes on there."
)
_AGAIN = "Start a new run when it may be asked again."


def headline(read: Read, stage: str, airflow: str | None) -> Headline:
    """(state, what it is in one sentence, what to do next) of a run that did not find the system open already."""
    if read.last(Kind.OPENING) is not None:
        return _open(read)
    if read.undone is not None:
        return (
            State.BACK,
            f"Went back: {shown(read.undone.actor)} opened the old system again at {moment(read.undone.at)}."
            " The new one is not open.",
            "When the cause is removed, start a new run: it freezes again and compares everything again.",
        )
    return _failed_proof(read) or _failed_task(read, airflow) or _so_far(read, stage, airflow)


def facts(read: Read) -> tuple[Fact, ...]:
    """The numbers that a department head asks for first; only those that are known."""
    summary, sweep = read.last(Kind.SUMMARY), read.last(Kind.SWEEP)
    shown_, sample, frozen = read.last(Kind.DRY_RUN), read.last(Kind.SAMPLE), read.last(Kind.FREEZE)
    moves = read.of(Kind.INCREMENT, Kind.SWEEP)
    out: list[Fact] = []
    if summary is not None:
        out += [
            Fact("rows arrived", number(summary.payload["rows"] - summary.payload["quarantined"])),
            Fact("rows stay behind", number(summary.payload["quarantined"])),
        ]
    elif moves:
        read_rows = sum(move.payload["read"] for move in moves if move.kind == Kind.INCREMENT)
        changed = sum(move.payload[name] for move in moves for name in ("inserted", "updated", "deleted"))
        out += [
            Fact("rows read", number(read_rows or moves[-1].payload["read"])),
            Fact("rows written or deleted", number(changed)),
            Fact("rows in quarantine", number(moves[-1].payload["quarantined"])),
        ]
    elif shown_ is not None:
        out += [
            Fact("rows to carry across", number(shown_.payload["rows"])),
            Fact("rows to compare", number(shown_.payload["total"])),
            Fact("expected minutes", number(sum(shown_.payload["minutes"].values()))),
            Fact("rows in quarantine so far", number(shown_.payload["quarantined"])),
        ]
    if read.checks:
        passed, total = _passed(read.checks)
        out.append(Fact("checks passed", f"{number(passed)} of {number(total)}"))
    if sample is not None:
        out.append(Fact(f"rows compared by cell ({sample.payload['percent']}%)", number(sample.payload["rows"])))
        if "changed_after_review" in sample.payload:
            changed = sum(sample.payload["changed_after_review"].values())
            out.append(Fact("rows changed since people found them right", number(changed)))
    opening = next(iter(read.of(Kind.OPENING)), None)
    if frozen is not None and (opening is not None or read.undone is not None):
        record = parts.freeze(frozen, read.shown(frozen), opening, read.undone)
        out.append(Fact("the old system stood still", duration(record.seconds or 0)))
    elif sweep is None and frozen is not None:
        out.append(Fact("frozen since", clock(frozen.at)))
    return tuple(out)


def _open(read: Read) -> Headline:
    """Who is let in, and who waits; the end only with the last step."""
    openings, summary = read.of(Kind.OPENING), read.last(Kind.SUMMARY)
    first, last = openings[0], openings[-1]
    later = [shown(step) for step in last.payload.get("later", ())]
    says = f"Open since {moment(first.at)}"
    if later:
        let_in = " and ".join(shown(each.payload["step"]) for each in openings)
        says = f"Open for {let_in} alone since {moment(last.at)}; still to come: {', '.join(later)}"
    if summary is not None:
        arrived = summary.payload["rows"] - summary.payload["quarantined"]
        says += f"; {many(arrived, 'row')} arrived, {number(summary.payload['quarantined'])} stay behind"
    if later:
        return State.OPEN, f"{says}.", _next_step(read, last, later[0])
    return (
        State.OPEN, f"{says}.",
        f"{shown(last.payload['step']).capitalize()} may begin. Nothing writes rows any more; the old system stays"
        " readable, and frozen. What stayed behind is listed below: decide on each.",
    )


def _next_step(read: Read, last: Entry, coming: str) -> str:
    """What is asked of whom before the next people are let in."""
    said = read.last(Kind.APPROVAL)
    verdict = said.payload["verdict"] if said is not None and said.seq > last.seq else ""
    if said is None or not verdict:
        return f"Whether to let in {coming} is asked next. Nothing writes rows any more."
    if verdict == "asked":
        return (
            f"Waits for {parts.people(said)} to decide {asks(said.payload['question'])}. The form stands in Airflow,"
            " under Required Actions."
        )
    if verdict == "approved":
        return f"{shown(said.actor)} agreed to let in {coming}; if that does not happen by itself, {_lower(_LOOK)}"
    why = shown(said.payload.get("reason") or said.payload.get("comment") or "")
    what = "said no" if verdict == "rejected" else "answered, but it does not count"
    return (
        f"{shown(said.actor)} {what}{f': {why}' if why else ''}. Whoever is in goes on. Clear the form of {coming} in"
        " Airflow when it may be asked again."
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _failed_proof(read: Read) -> Headline | None:
    """The gate, an answer, the checks or the sample said no, and nothing came after that could have changed it."""
    gate = read.last(Kind.STEP)
    if gate is not None and gate.seq == read.entries[-1].seq and gate.payload["missing"]:
        missing = [shown(line) for line in gate.payload["missing"]]
        more = f" And {len(missing) - 1} more, below." if len(missing) > 1 else ""
        return (
            State.STOPPED, f"Stopped at the gate: {many(len(missing), 'thing')} missing. Nothing was changed.",
            f"{missing[0]}.{more} Correct it, then clear check_gate.",
        )
    answers = _answers(read)
    said = next((each for each in answers if each.payload["verdict"] in ("rejected", "refused")), None)
    if said is not None and said.seq > _done(read):
        if said.payload["verdict"] == "rejected":
            comment = shown(said.payload.get("comment") or "")
            return (
                State.STOPPED, f"Stopped: {shown(said.actor)} said no{f' (“{comment}”)' if comment else ''}.",
                _after_no(said, read),
            )
        return State.STOPPED, "Stopped: the answer did not count.", lines(said.payload.get("reason") or _LOOK)
    bad = [entry for entry in read.checks if entry.payload.get("shut", entry.payload["verdict"] != "PASS")]
    if bad:
        passed, total = _passed(read.checks)
        return (
            State.STOPPED,
            f"Stopped: {number(total - passed)} of {many(total, 'check')} did not pass. Nothing is open.",
            "Look at the rows that differ, below. A difference after the sweep means that somebody wrote into the new"
            " system: find out who, then clear the run from open_sweep on."
            if any(part_of(entry) == "tables" for entry in bad)
            else "Look at what the suites and comparisons say, below. Everything arrived as it left: find out what is"
            " wrong with it, then clear check_suites or check_comparisons, or go back.",
        )
    sample, sweep = read.last(Kind.SAMPLE), read.last(Kind.SWEEP)
    since = sweep.seq if sweep is not None else 0
    if sample is not None and sample.seq > since and sample.payload["verdict"] != "PASS":
        return (
            State.STOPPED, f"Stopped: the {sample.payload['percent']}% sample did not pass. Nothing is open.",
            "Look at the rows that differ, below. Find out who wrote into the new system, then clear the run from"
            " open_sweep on.",
        )
    return None


def _after_no(said: Entry, read: Read) -> str:
    if read.last(Kind.FREEZE) is None:
        return f"Nothing was changed. {_AGAIN}"
    return (
        "Nothing is open, and the old system is still frozen. Correct the rows and start a new run, or go back with"
        f" `golive unfreeze {said.project}`."
    )


def _failed_task(read: Read, airflow: str | None) -> Headline | None:
    """The last word is an alarm about a task that failed or a freeze that was broken, and nobody started it again."""
    if not read.alarms or airflow in ("queued", "running", "success"):
        return None
    last = read.alarms[-1]
    stops = "/broken/" in (last.once or "") or not (last.once or "").startswith(
        ("alarm/silent/", "alarm/frozen/", "alarm/unanswered/")
    )
    if not stops or (read.entries and last.seq < read.entries[-1].seq):
        return None
    return State.STOPPED, f"Stopped: {shown(last.payload['title'])}.", lines(last.payload["do"])


def _so_far(read: Read, stage: str, airflow: str | None) -> Headline:
    """The run as far as its last entry tells."""
    if not read.entries:
        return _nothing(airflow)
    last, done = read.entries[-1], _done(read)
    waiting = [each for each in _answers(read) if each.payload["verdict"] == "asked" and each.seq > done]
    if waiting:
        if airflow in ENDED:
            return State.STOPPED, "Stopped while it waited for an answer.", _AGAIN
        whom = ", and for ".join(f"{parts.people(each)} to {_to_do(each)}" for each in waiting)
        return (
            State.WAITING, f"Waits for {whom}, since {clock(waiting[0].at)}.",
            "Answer the form in Airflow, under Required Actions. What it asks stands below.",
        )
    if last.kind == Kind.DRY_RUN and airflow not in ("queued", "running", "failed"):
        return (
            State.DRY_RUN, "Dry run: nothing was changed.",
            "Look through the actions and tables below. When they are right, start a run without `dry_run`.",
        )
    if stage != "final_migration":
        return _moved(read, airflow)
    reached = _phase(read, last)
    if airflow in ENDED:
        frozen = " The old system is still frozen." if read.last(Kind.FREEZE) is not None else ""
        return State.STOPPED, f"Stopped. {reached} Nothing is open.{frozen}", _LOOK
    return State.WORKING, reached, "Nothing: it goes on by itself."


def _answers(read: Read) -> list[Entry]:
    """The last word on each question that this run asked, in the order in which they were given."""
    last = {each.payload.get("question", "go_live"): each for each in read.of(Kind.APPROVAL)}
    return sorted(last.values(), key=lambda each: each.seq)


def _done(read: Read) -> int:
    """The last entry of work; since then people were asked, answered, and signed criteria, side by side."""
    return max((entry.seq for entry in read.entries if entry.kind not in (Kind.APPROVAL, Kind.CRITERION)), default=0)


def _to_do(asked: Entry) -> str:
    question = str(asked.payload.get("question", "go_live"))
    what = question.partition("/")[0]
    if what == "go_live":
        return "approve"
    return {"quarantine": "decide on rows that would stay behind", "criterion": asks(question).removeprefix("to ")}.get(
        what, f"decide {asks(question)}"
    )


def _nothing(airflow: str | None) -> Headline:
    if airflow == "failed":
        return State.STOPPED, "Stopped before it wrote anything into the ledger.", _LOOK
    if airflow == "success":
        return (
            State.NOTHING, "This run moved nothing, and wrote nothing into the ledger.",
            "Nothing. The log of its first task says why it ended: outside its window, frozen, or open already.",
        )
    return State.NOTHING, "Nothing stands in the ledger for this run yet.", "Wait: its first entry appears here."


def _phase(read: Read, last: Entry) -> str:
    """What was reached, and what comes next."""
    if last.kind == Kind.DRY_RUN:
        return "It is shown what the go-live would do; the question to go live comes next."
    if read.last(Kind.DRY_RUN) is None:
        return "The gate is being passed: criteria are measured and signed; the dry run comes next."
    if last.kind == Kind.APPROVAL and read.last(Kind.SWEEP) is None:
        return f"{shown(last.actor)} agreed at {clock(last.at)}; the freeze of the old system comes next."
    if last.kind == Kind.FREEZE:
        return f"The old system is frozen since {clock(last.at)}; the last increments come next."
    if last.kind == Kind.INCREMENT:
        return "The last increments are done; the sweep of everything comes next."
    if last.kind == Kind.SWEEP:
        return "The sweep is done; checks and sample come next."
    if read.checks:
        counts = "; ".join(f"lane {entry.payload['lane']}: {judged(entry)}" for entry in read.checks)
        return f"Checks are under way ({counts}); when everything has passed, the new system opens."
    return "Proof is under way; when everything has passed, the new system opens."


def _moved(read: Read, airflow: str | None) -> Headline:
    """Increments of older data."""
    moves = read.of(Kind.INCREMENT, Kind.SWEEP)
    if not moves:
        return State.WORKING, "It has begun; nothing is finished yet.", "Nothing: it goes on by itself."
    sums: dict[str, Any] = {
        name: sum(move.payload[name] for move in moves) for name in ("read", "inserted", "updated", "deleted")
    }
    last = moves[-1].payload
    says = (
        f"Moved {many(sums['inserted'] + sums['updated'], 'row')} ahead of the go-live, of {number(sums['read'])} read;"
        f" {number(last['quarantined'])} stay in quarantine."
    )
    if last["unfinished"]:
        more = many(last["unfinished"], "table")
        return State.MOVED, says, f"Nothing: the next run goes on with {more} not yet finished."
    if airflow == "failed":
        return State.STOPPED, says, _LOOK
    if last["quarantined"]:
        return State.MOVED, says, "Correct the rows in quarantine in the old system; the next run tries them again."
    return State.MOVED, says, "Nothing: the next run takes what is new."


def _passed(entries: list[Entry]) -> tuple[int, int]:
    """(results that passed, all results) of these checks."""
    names = ("PASS", "FAIL", "ERROR", "VACUOUS")
    return (
        sum(entry.payload["PASS"] for entry in entries),
        sum(entry.payload[name] for entry in entries for name in names),
    )
