"""The ledger's words as people read them: names of roles and tasks, questions, states. The one place for that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from golive.readiness.stages import State
from golive.reports.words import shown


class Tone(StrEnum):
    """How something is to be taken, for a colour; the words beside it say the same."""

    GOOD = "good"
    BAD = "bad"
    WAIT = "wait"
    CALM = "calm"
    SOFT = "soft"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A state in words, with its tone; ``sign`` is one character that tells it without colour."""

    text: str
    tone: Tone = Tone.NONE
    sign: str = ""


_STAGES = {
    State.COMPLETE: Word("complete", Tone.GOOD, "✓"),
    State.WAIVED: Word("waived", Tone.GOOD, "~"),
    State.WAITING: Word("waits for people", Tone.WAIT, "?"),
    State.RUNNING: Word("running", Tone.CALM, "▸"),
    State.STOPPED: Word("stopped", Tone.BAD, "!"),
    State.DUE: Word("due", Tone.CALM, "○"),
    State.CLOSED: Word("not yet", Tone.SOFT, "·"),
}
_STATES = {
    "PASS": Word("passed", Tone.GOOD),
    "FAIL": Word("failed", Tone.BAD),
    "ERROR": Word("could not run", Tone.BAD),
    "VACUOUS": Word("looked at nothing", Tone.BAD),
    "approved": Word("agreed", Tone.GOOD),
    "rejected": Word("said no", Tone.BAD),
    "refused": Word("does not count", Tone.BAD),
    "asked": Word("no answer yet", Tone.WAIT),
    "open": Word("open", Tone.BAD),
    "closed": Word("closed", Tone.GOOD),
    "accepted": Word("accepted", Tone.GOOD),
    "waived": Word("waived", Tone.GOOD),
    "ok": Word("as declared", Tone.GOOD),
    "seen, not declared": Word("seen, not declared", Tone.BAD),
    "declared, not seen": Word("declared, not seen", Tone.WAIT),
    "used": Word("in use", Tone.GOOD),
    "used before its day": Word("in use before its day", Tone.WAIT),
    "late": Word("late", Tone.BAD),
    "confirmed": Word("confirmed", Tone.GOOD),
    "started": Word("started", Tone.WAIT),
    "planned": Word("not begun", Tone.SOFT),
    "not copyable": Word("by hand", Tone.SOFT),
    "compared": Word("compared", Tone.CALM),
    "copied": Word("copied", Tone.GOOD),
    "refreshed": Word("refreshed", Tone.GOOD),
    "not refreshed": Word("not refreshed", Tone.BAD),
    "not copied": Word("could not be copied", Tone.BAD),
    "undone": Word("taken back", Tone.WAIT),
    "attended": Word("was there", Tone.WAIT),
    "attested": Word("attested", Tone.GOOD),
    "passed": Word("passed", Tone.GOOD),
    "failed": Word("failed", Tone.BAD),
    "never": Word("never tested", Tone.BAD),
    "found": Word("still there", Tone.BAD),
    "removed": Word("removed", Tone.GOOD),
    "clean": Word("nothing there", Tone.GOOD),
    "booked": Word("booked", Tone.GOOD),
    "moved": Word("moved", Tone.WAIT),
    "released": Word("given back", Tone.SOFT),
    "high": Word("high", Tone.BAD),
    "medium": Word("medium", Tone.WAIT),
    "low": Word("low", Tone.SOFT),
    "critical": Word("critical", Tone.BAD),
    "major": Word("major", Tone.WAIT),
    "minor": Word("minor", Tone.SOFT),
    "opportunity": Word("could be better", Tone.SOFT),
}

# What is asked, as it stands after "is asked about" or in a column; {} is what follows the slash.
_QUESTIONS = {
    "go_live": "going live",
    "quarantine": "opening without rows that could not be migrated",
    "waive": "opening before its time",
    "waive_calendar": "setting aside rules of the calendar",
    "waive_findings": "going on with what was found",
    "end_hyper_care": "ending hyper-care early",
    "questions": "the questions of this stage",
    "clean_up": "removing what was left over",
}
_QUESTIONS_ABOUT = {
    "sign_off": "sign-off as {}",
    "go_live": "going live, as {}",
    "criterion": "criterion {}",
    "opening": "opening to {}",
    "confirm_area": "configuration area {}",
    "agree_to_day": "the day of going live, as {}",
    "attest": "training of {}",
    "outcomes": "what must go on, as {}",
    "closed": "closed business processes, as {}",
    "trial": "the trial of the alarms, level {}",
    "obligation": "obligation {}",
}


def name(slug: Any) -> str:
    """``data_engineer`` as data engineer; also of a stage, a task or a measure."""
    return shown(slug).replace("_", " ")


def question(slug: Any) -> str:
    """The ledger's word for a question as people say it: ``sign_off/sponsor`` is sign-off as sponsor."""
    whole, (about, _, rest) = shown(slug), shown(slug).partition("/")
    if whole in _QUESTIONS:
        return _QUESTIONS[whole]
    if rest and about in _QUESTIONS_ABOUT:
        return _QUESTIONS_ABOUT[about].format(name(rest))
    return name(whole.replace("/", ": "))


def state(word: Any) -> Word:
    """A state of the ledger, of whatever kind of entry."""
    return _STATES.get(str(word), Word(name(word)))


def stage_state(of: State) -> Word:
    """A stage's state on the roadmap."""
    return _STAGES[of]


def size(number: int) -> str:
    """Bytes as people say them: ``812 B``, ``3.4 MB``."""
    value, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{number:,} B" if unit == "B" else f"{value:.1f} {unit}"
