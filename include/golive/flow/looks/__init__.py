"""What the watchdog looks at in every project, each look alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.flow.escalation import escalate
from golive.flow.incident import Look
from golive.flow.looks import agreement, forms, lanes, late, messages, night, stages, told

if TYPE_CHECKING:
    from golive.project import Project


def _source(project: Project) -> str:
    return project.source.connection


def _target(project: Project) -> str:
    return project.target.connection


def _ledger(_: Project) -> str:
    from golive.flow.connections import LEDGER

    return LEDGER


LOOKS = (
    Look("lanes", "the lanes", _target, lanes.silent),
    Look("frozen", "the time that the freeze lasts", _ledger, night.lasting),
    Look("freeze", "the freeze", _source, night.broken),
    Look("unknown", "a freeze that the ledger does not know", _source, night.unknown),
    Look("stages", "the runs of the stages", _ledger, stages.stalled),
    Look("forms", "forms that wait for an answer", _ledger, forms.unanswered),
    Look("levels", "alarms that nobody took up", _ledger, escalate),
    Look("late", "what has to be followed up", _ledger, late.late),
    Look("undelivered", "alarms that reached nobody", _ledger, told.undelivered),
    Look("refusing", "addresses that take no message", _ledger, told.refusing),
    Look("messages", "messages that are due", _ledger, messages.deliver),
    Look("agreement", "the Success Agreement", _target, agreement.drifted),
)
