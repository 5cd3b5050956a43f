"""Is this organisation ready to begin? A score over people's answers and the data; a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golive.readiness.asked import answered, counted
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project.roadmap import Stage
    from golive.readiness.site import Site

# The ledger's word for the form; its fields are the ids of the stage's questions.
QUESTION = "questions"
ASKED_OF = "lead"
YES, NO = "yes", "no"


def to_answer(site: Site) -> dict[str, Any]:
    """What the form asks: the questions of the stage as the file has them now."""
    return {"stage": site.stage, "questions": [question.model_dump() for question in _stage(site).questions]}


def score_readiness(site: Site) -> Outcome:
    """A score from 0 to 100, and the proposal 'ready' or 'not ready' against the stage's ``threshold``.

    Two parts, each from 0 to 100 and rounded down: the weights of the questions answered with yes, of
    all weights; and the mapped tables in whose data the profile found nothing, of all mapped tables.
    The score is their mean, or the one part that there is where no question weighs anything. Missing
    are the answers or the profile of this run; a low score is not: whether to begin is decided by
    whoever signs the stage, who sees the proposal.
    """
    stage, answer = _stage(site), answered(site, QUESTION, to_answer(site), ASKED_OF)
    last = site.ledger.last(site.project.name, "profile", run=site.run_name)
    missing = []
    if stage.questions and answer is None:
        missing.append("The questions were not answered in this run. Clear answer_questions, which asks them")
    if last is None:
        missing.append("The source was not profiled in this run. Clear profile_source")
    if missing or last is None:
        return Outcome("Readiness was not scored.", missing=tuple(missing))
    answers = answer.payload["answers"] if answer is not None else {}
    unanswered = [question.asks for question in stage.questions if answers.get(question.id) not in (YES, NO)]
    if unanswered:
        lines = [f"{asks!r} was not answered. Clear answer_questions, which asks again" for asks in unanswered]
        return Outcome("Readiness was not scored.", missing=tuple(lines))
    total = sum(question.weight for question in stage.questions)
    won = sum(question.weight for question in stage.questions if answers[question.id] == YES)
    mapped, sound = last.payload["mapped"], last.payload["sound"]
    parts = [100 * sound // mapped] + ([100 * won // total] if total else [])
    score = sum(parts) // len(parts)
    proposal = "ready" if score >= stage.threshold else "not ready"
    against = [question.asks for question in stage.questions if answers[question.id] == NO]
    says = (
        f"Readiness {score} of 100, {stage.threshold} needed: proposes {proposal!r}. Nothing was found in the data of"
        f" {sound} of {counted(mapped, 'mapped table')}"
        + (
            f"; yes to {len(stage.questions) - len(against)} of {counted(len(stage.questions), 'question')}"
            if total
            else ""
        )
        + (f". No: {' '.join(against)}" if against else ".")
    )
    evidence = {
        "answers": dict(answers), "questions": [question.model_dump() for question in stage.questions],
        "answered_by": answer.actor if answer is not None else "", "parts": parts, "profile": last.evidence_hash,
    }  # fmt: skip
    payload = {"score": score, "threshold": stage.threshold, "proposal": proposal, "says": says}
    return Outcome(says, (Record("readiness", payload, evidence),))


def _stage(site: Site) -> Stage:
    stage = site.project.stage(site.stage)
    assert stage is not None
    return stage
