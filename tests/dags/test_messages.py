"""What the watchdog sends by itself: to every address once, again to one that took nothing, with an entry of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.dags import small
from tests.dags.receiving import Receiver, receiving
from tests.dags.test_watchdog import later, look
from tests.migration import Migration

from golive.project import files, load
from golive.project.files import loaded
from golive.readiness import agreement, communications

TODAY = datetime.now(UTC).date()
MORE = f"""\
communications:
  - {{name: banks, what: The accounts stay, to: the banks, owner: go_live, due: {TODAY}, alerts: banks_mail,
     text: "Your accounts stay as they are, {{{{ really }}}}."}}
"""
INVITED = f"""\
training:
  groups: {{crew: [carl, cleo]}}
  courses:
    - {{name: basics, title: The basics, groups: [crew], sessions: [{{day: {TODAY + timedelta(days=6)}, at: room 1}}]}}
"""
MEETING = "meetings: [{name: core_team, title: Core team, every_days: 4, roles: [go_live], alerts: team_mail}]\n"

# Apprise asks for a module that Python 3.13 has no more.


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving(monkeypatch) as made:
        yield made


def begin(harbour: Migration, more: str) -> None:
    """A project with these parts whose first stage has opened."""
    (files.PROJECTS / "harbour" / "project.yaml").write_text(small.TEXT + more)
    with harbour.ledger as book:
        book.append(project="harbour", kind="stage", actor="golive", payload={"state": "opened"}, stage="discover")


def release(harbour: Migration) -> None:
    """What `harbour.record` writes for somebody who releases the text."""
    (one,) = load("harbour").communications
    with harbour.ledger as book:
        book.append(
            project="harbour", kind="attestation", actor="maria", evidence=communications.worded(one),
            payload={
                "question": communications.question(one), "role": "go_live", "comment": "",
                "answers": {"state": "released", "on": str(TODAY)},
            },
        )  # fmt: skip


def kept(harbour: Migration, kind: str) -> list[Any]:
    with harbour.ledger as book:
        return book.entries("harbour", kind=kind)


def test_a_released_text_goes_to_every_address_once_and_the_entry_says_by_which_channel(
    harbour: Migration, receiver: Receiver
) -> None:
    receiver.address("banks_mail", "north", "south")
    begin(harbour, MORE)
    assert look() == ("success", "")
    assert (receiver.titles("north"), receiver.titles("south")) == ([], [])
    assert receiver.titles("on_call") == ["Golive harbour: a text for the banks was not released"]
    release(harbour)
    assert look() == look() == ("success", "")
    (message,) = receiver.messages["north"]
    assert message["title"] == "Harbour: The accounts stay"
    assert message["message"] == "Your accounts stay as they are, {{ really }}."  # it is text, and no template
    assert (len(receiver.titles("south")), receiver.titles("on_call")) == (1, [])
    (entry,) = kept(harbour, "communication")
    assert entry.actor == "golive"
    assert {name: entry.payload[name] for name in ("what", "to", "on", "released_by", "channels", "left")} == {
        "what": "banks", "to": "the banks", "on": str(TODAY), "released_by": "maria", "channels": ["JSON"], "left": 0,
    }  # fmt: skip
    assert "secret" not in json.dumps(entry.payload)


def test_what_an_address_did_not_take_is_told_and_tried_again(
    harbour: Migration, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(harbour, MORE)
    release(harbour)
    look()
    look()
    (told,) = receiver.messages.pop("on_call")
    assert told["title"] == "Golive harbour: a message did not go out: The accounts stay"
    assert "connection banks_mail is not there, or holds no address" in told["message"]
    assert kept(harbour, "communication") == []

    receiver.address("banks_mail", "north", "south")
    receiver.refusing.add("south")
    later(monkeypatch, timedelta(days=1))
    look()
    look()
    assert len(receiver.titles("north")) == 1
    told = [each for each in receiver.messages.pop("on_call") if "did not go out" in each["title"]]
    assert len(told) == 1 and "1 of 2 addresses of connection banks_mail did not take it" in told[0]["message"]
    (entry,) = kept(harbour, "communication")
    assert entry.payload["left"] == 1

    receiver.refusing.clear()
    look()
    look()
    assert (receiver.titles("north"), len(receiver.titles("south")), receiver.titles("on_call")) == ([], 1, [])
    assert [entry.payload["left"] for entry in kept(harbour, "communication")] == [1, 0]


def test_an_agenda_is_sent_a_day_ahead_once_and_is_kept_whoever_takes_it(
    harbour: Migration, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(harbour, MEETING)
    for days in (2, 3, 3, 4):
        later(monkeypatch, timedelta(days=days))
        look()
    day = f"{datetime.now(UTC).date() + timedelta(days=4):%A %Y-%m-%d}"
    # Nobody is behind the connection: the agenda stands on the project's page all the same.
    (entry,) = kept(harbour, "report")
    assert (entry.payload["what"], entry.payload["left"], entry.payload["channels"]) == ("agenda of Core team", 0, [])
    with harbour.ledger as book:
        evidence: Any = book.evidence(entry.evidence_hash)
    assert evidence["text"].startswith(f"# Agenda: Core team, {day}\n\nWith maria or tom (go live).")
    assert "- **final migration**: Due: start harbour.final_migration in Airflow." in evidence["text"]
    receiver.address("team_mail", "team")
    look()
    look()
    assert receiver.titles("team") == [f"Harbour: agenda of Core team on {day}"]
    assert [entry.payload["channels"] for entry in kept(harbour, "report")] == [[], ["JSON"]]


def test_people_are_invited_once_through_the_usual_address(
    harbour: Migration, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(harbour, INVITED)
    for days in (0, 0, 1, 6, 7):
        later(monkeypatch, timedelta(days=days))
        look()
    (invited,) = receiver.messages["on_call"]
    assert invited["title"].startswith("Harbour: invitation: The basics on ")
    assert "room 1.\n\n- crew (whoever will hold the role lead): carl, cleo" in invited["message"]
    (entry,) = kept(harbour, "communication")
    assert (entry.payload["to"], entry.payload["channels"]) == ("crew", ["JSON"])


def test_no_message_calls_a_level_of_support(
    harbour: Migration, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = "support: {levels: [{level: 1, role: go_live, hours: always, escalate_minutes: 30, alerts: on_call},"
    levels += " {level: 2, role: operations, hours: always, escalate_minutes: 60, alerts: on_call}]}\n"
    receiver.address("on_call", "level")
    begin(harbour, MORE + levels)
    with harbour.ledger as book:
        book.append(project="harbour", kind="opening", actor="golive", payload={"step": "project team"})
    release(harbour)
    for minutes in (0, 31, 95):
        later(monkeypatch, timedelta(minutes=minutes))
        look()
    assert receiver.titles("on_call") == ["Golive harbour: a message did not go out: The accounts stay"]
    assert receiver.titles("level") == []


def test_an_agreement_that_drifts_is_told_once_a_change_and_once_a_day_and_as_it_holds_again(
    harbour: Migration, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = files.PROJECTS / "harbour" / "project.yaml"
    signed = small.TEXT.replace("stages: [final_migration]", "stages: [implement, final_migration]")
    file.write_text(signed)
    with harbour.ledger as book:
        _sign(harbour, book)

        def told(text: str, *days: int) -> list[list[str]]:
            """What is told with a file that says so, on each of these days."""
            file.write_text(text)
            found = []
            for each in days:
                later(monkeypatch, timedelta(days=each))
                assert look() == ("success", "")
                found.append([title.removeprefix("Golive harbour: ") for title in receiver.titles("on_call")])
            return found

        drifts, holds = ["the Success Agreement no longer holds"], ["the Success Agreement holds again"]
        other = signed.replace("[maria, tom]", "[maria, tim]")
        another = signed.replace("[maria, tom]", "[maria, ted]")
        assert told(signed, 0) == [[]]
        assert told(other, 0, 0, 2) == [drifts, [], []]
        assert told(another, 0, 2, 2) == [[], drifts, []]
        alarm = book.last("harbour", "alarm")
        assert alarm is not None
        assert "no longer: go_live, maria, tom" in alarm.payload["what"]
        assert told(signed, 2, 2) == [holds, []]
        assert told(another, 2) == [drifts]
        book.append(project="harbour", kind="opening", actor="golive", payload={"step": "project team"})
        assert told(other, 9) == [[]]


def _sign(harbour: Migration, book: Any) -> None:
    """What the stage implement leaves: a version of the agreement, and its own end."""
    from golive.flow.world import Run, World

    project, hashed = loaded("harbour")
    here = World(project, harbour.source, harbour.target, book, Run("harbour.implement", "r", manual=True), hashed)
    (record,) = agreement.render_agreement(here).records
    here.write(record.kind, record.payload, evidence=record.evidence)
    here.write("stage", {"state": "closed", "reason": ""})
