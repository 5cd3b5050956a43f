"""Standing meetings and planned communications of a project file: what they hold, and every fault with its place."""

from __future__ import annotations

import pytest
from tests.unit.declared import read

from golive.errors import ProjectError

TEXT = """\
project: harbour
source: {connection: harbour_old}
target: {connection: harbour_new}
people: {lead: [ann], finance: [fay]}
tables: [{target: t}]
stages: [discover, support]
departments:
  - {name: office, head: finance, obligations: [{what: Close the books, owner: finance}]}
meetings:
  - {name: core_team, title: Core team, every_days: 4, roles: [lead, finance]}
  - {name: levels, every_days: 1, roles: [lead], stage: support}
communications:
  - {name: banks, what: The accounts stay, to: the banks, owner: finance, days_before: 7}
  - {name: parents, what: A new portal, to: parents, owner: lead, text: It is there., alerts: parents_mail}
training:
  groups: {crew: [carl]}
  courses: [{name: basics, title: The basics, groups: [crew], sessions: [{day: 2026-06-01, at: room 1}]}]
"""


def test_meetings_and_communications_are_read() -> None:
    project = read(TEXT)
    assert [(one.name, one.shown, one.every_days, one.stage) for one in project.meetings] == [
        ("core_team", "Core team", 4, None), ("levels", "levels", 1, "support")
    ]  # fmt: skip
    assert [(one.name, one.due, one.days_before) for one in project.communications] == [
        ("banks", None, 7), ("parents", None, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("roles: [lead, finance]", "roles: [lead, sales]", "names the role 'sales', which nobody can hold"),
        ("roles: [lead, finance]", "roles: []", "meetings[0].roles"),
        ("every_days: 4", "every_days: 0", "meetings[0].every_days"),
        ("stage: support", "stage: party", "names the stage 'party', which is none"),
        ("owner: finance, days_before: 7", "owner: sales", "names the role 'sales', which nobody can hold"),
        ("name: levels", "name: core_team", "'core_team' stands twice"),
        ("name: parents", "name: banks", "'banks' stands twice"),
        ("days_before: 7", "days_before: 7, due: 2026-01-01", "not both"),
        (", alerts: parents_mail", "", "must have both `text` and `alerts`"),
        ("text: It is there., ", "", "must have both `text` and `alerts`"),
        ("alerts: parents_mail", 'alerts: "mailto://a:b@c"', "communications[1].alerts"),
        ("every_days: 4,", "every_days: 4, alerts: 7 up,", "meetings[0].alerts"),
        ("day: 2026-06-01", "day: 2026-06-01, days_before: 3", "must have either `day`, or `days_before`"),
        ("day: 2026-06-01, ", "", "must have either `day`, or `days_before`"),
        ("name: basics", "name: comment", "'comment' is the field of every form in which people say why"),
        (
            "stages: [discover, support]",
            "stages: [{name: discover, questions: [{id: comment, asks: Why?}]}, support]",
            "stages[0].questions[0].id: 'comment' is the field of every form",
        ),
        (
            "at: room 1}]}]",
            "at: room 1}]}]\n  exercises: [{name: basics, group: crew, says: drives}]",
            "training.exercises[0].name: 'basics' is a course already",
        ),
        ("groups: {crew", "invite_days: 0\n  groups: {crew", "training.invite_days"),
        (
            "[{what: Close the books, owner: finance}]",
            "[{what: Close the books, owner: finance}, {what: Close the books, owner: lead}]",
            "'Close the books' stands twice",
        ),
    ],
)
def test_every_fault_is_named(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(ProjectError) as raised:
        read(TEXT.replace(old, new))
    assert says in raised.value.message
