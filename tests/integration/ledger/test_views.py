"""The views: the newest entry of each thing, as plain values, whatever its payload lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import errors
from tests.integration.ledger.writing import behind_its_back, note

from golive.errors import LedgerBroken, Terminal
from golive.ledger import Entry, Ledger
from golive.ledger.tables import VIEWS

# View and kind; the key of one thing, what was said first, what was said then; the names that the view gives them.
THINGS: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ("sign_off", "approval", {"question": "accept_quarantine"},
     {"verdict": "asked", "people": ["ann", "bo"], "role": "owner", "evidence_hash": "e1"},
     {"verdict": "approved", "people": [], "role": "sponsor", "evidence_hash": "e2", "comment": "c", "reason": "r"},
     {}),
    ("criterion", "criterion", {"id": "c1"}, {"title": "old", "measured": True},
     {"title": "t", "state": "PASS", "says": "s", "approver": "owner", "expires": "2999-03-01", "measured": False},
     {}),
    ("issue", "issue", {"id": "i1"}, {"title": "old", "state": "open"},
     {"title": "t", "severity": "major", "owner": "ann", "state": "closed", "says": "s"}, {}),
    ("risk", "risk", {"id": "r1"}, {"what": "old", "state": "open"},
     {"what": "w", "likelihood": "low", "impact": "high", "owner": "ann", "mitigation": "m", "review": "2026-03-01",
      "state": "accepted", "raised_by": "people"}, {}),
    ("training", "training", {"person": "ann", "course": "c"}, {"state": "attended"},
     {"group": "pilots", "state": "passed", "on": "2026-03-01", "material": "b7"},
     {"group": "group_name", "on": "on_day"}),
    ("third_party", "third_party", {"name": "bank"}, {"declared": True, "seen": False},
     {"login": "svc", "direction": "out", "action": "switch", "owner": "ann", "declared": True, "seen": True,
      "state": "ok"}, {}),
    ("area", "area", {"area": "grades"}, {"state": "planned", "depends": ["terms"]},
     {"owner": "ann", "state": "confirmed", "reason": "r", "depends": ["terms", "rooms"]}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("view", "kind", "key", "first", "then", "names"), THINGS, ids=[each[0] for each in THINGS])
def test_a_view_says_what_the_newest_entry_says(
    ledger: Ledger, view: str, kind: str, key: dict[str, Any], first: dict[str, Any], then: dict[str, Any],
    names: dict[str, str],
) -> None:  # fmt: skip
    opened = note(ledger, kind=kind, payload=key | first, run="d/r", stage="go")
    other = note(ledger, kind=kind, payload={name: f"{value}2" for name, value in key.items()} | first, run="d/r")
    note(ledger, kind=kind, payload=key | first, run="d/r", project="lakeside")
    note(ledger, kind="increment", payload=key | first, run="d/r")
    newest = note(ledger, kind=kind, payload=key | then, run="d/r", stage="go", actor="cy")

    rows = ledger.view(view, "riverside")
    assert [row["seq"] for row in rows] == [other.seq, newest.seq]
    expected: dict[str, Any] = dict.fromkeys(rows[1]) | {names.get(name, name): v for name, v in (key | then).items()}
    expected |= {name: getattr(newest, name) for name in ("project", "stage", "run", "actor", "at", "seq")}
    if view == "issue":
        expected["opened_at"] = opened.at
    assert rows[1] == {name: expected[name] for name in rows[1]}
    assert [row["project"] for row in ledger.view(view)] == ["riverside", "lakeside", "riverside"]
    assert rows[1]["at"].tzinfo is UTC


def test_the_state_of_a_stage_is_its_newest_entry(ledger: Ledger) -> None:
    note(ledger, kind="stage", stage="profile", run="d/r", payload={"state": "opened"})
    note(ledger, kind="stage", stage="sizing", payload={"state": "opened"})
    note(ledger, kind="stage", stage="profile", project="lakeside", payload={"state": "closed"})
    newest = note(ledger, kind="stage", stage="profile", actor="ann", payload={"state": "waived", "reason": "small"})
    assert ledger.view("stage_state", stage="profile", project="riverside") == [
        {"project": "riverside", "stage": "profile", "state": "waived", "actor": "ann", "run": None, "at": newest.at,
         "seq": 4, "reason": "small"}
    ]  # fmt: skip
    assert [row["seq"] for row in ledger.view("stage_state", "riverside")] == [2, 4]


def test_a_sign_off_belongs_to_its_run_and_is_the_go_lives_where_no_question_stands(ledger: Ledger) -> None:
    note(ledger, kind="approval", run="d/1", payload={"verdict": "asked"})
    note(ledger, kind="approval", run="d/2", payload={"question": "go_live", "verdict": "rejected"})
    note(ledger, kind="approval", run="d/1", payload={"question": "go_live", "verdict": "approved"})
    said = [(row["run"], row["question"], row["verdict"]) for row in ledger.view("sign_off")]
    assert said == [("d/2", "go_live", "rejected"), ("d/1", "go_live", "approved")]


@pytest.mark.parametrize(
    ("states", "opened"),
    [
        (("open", "waived", "open"), 0),
        (("open", "closed"), 0),
        (("open", "closed", "closed"), 0),
        (("open", "closed", "open", "waived"), 2),
        (("open", "closed", "open", "closed", "open"), 4),
        (("closed", "open"), 1),
        ((None, None), 0),
    ],
)
def test_an_issue_is_open_since_it_came_back_not_since_it_first_came(
    ledger: Ledger, states: tuple[str | None, ...], opened: int
) -> None:
    entries = []
    for state in states:
        entries.append(note(ledger, kind="issue", payload={"id": "i", "state": state} if state else {"id": "i"}))
        note(ledger, kind="issue", payload={"id": "another", "state": "closed"})
    row = next(row for row in ledger.view("issue") if row["id"] == "i")
    assert (row["opened_at"], row["at"]) == (entries[opened].at, entries[-1].at)
    assert row["opened_at"] <= row["at"] < row["opened_at"] + timedelta(hours=1)


def test_a_signature_that_has_ended_everywhere_is_no_pass(ledger: Ledger) -> None:
    today = datetime.now(UTC).date()
    days = {"long ago": today - timedelta(days=3), "this week": today + timedelta(days=3), "today": today}
    for name, day in days.items():
        note(ledger, kind="criterion", payload={"id": name, "state": "PASS", "expires": day.isoformat()})
    note(ledger, kind="criterion", payload={"id": "measured", "state": "PASS", "expires": ""})
    note(ledger, kind="criterion", payload={"id": "odd", "state": "VACUOUS", "expires": "soon"})
    states = {row["id"]: row["state"] for row in ledger.view("criterion")}
    assert states == {
        "long ago": "FAIL", "this week": "PASS", "today": "PASS", "measured": "PASS", "odd": "VACUOUS",
    }  # fmt: skip


@pytest.mark.parametrize("payload", [{}, {"id": None, "measured": "maybe", "seen": 3, "people": None, "depends": {}}])
def test_no_payload_is_why_a_view_cannot_be_read(ledger: Ledger, payload: dict[str, Any]) -> None:
    filled = {
        "project",
        "actor",
        "seq",
        "at",
        "opened_at",
        "question",
        *(name for name in payload if payload[name] == {}),
    }
    for view in VIEWS:
        written = note(ledger, kind={"stage_state": "stage", "sign_off": "approval"}.get(view, view), payload=payload)
        (row,) = ledger.view(view)
        assert {name for name, value in row.items() if value is not None} == filled & set(row)
        assert ledger.view(view, seq=written.seq) == [row]


def test_a_view_is_asked_by_its_columns(ledger: Ledger) -> None:
    def criterion(number: int, **payload: Any) -> Entry:
        entry: Entry = note(ledger, kind="criterion", payload={"id": f"c{number}", **payload})
        return entry

    criterion(1, state="PASS", measured=True)
    criterion(2, state="FAIL", measured=True)
    third = criterion(3, state="FAIL")
    assert [row["id"] for row in ledger.view("criterion", state="FAIL")] == ["c2", "c3"]
    assert [row["id"] for row in ledger.view("criterion", state="FAIL", measured=True)] == ["c2"]
    assert [row["id"] for row in ledger.view("criterion", measured=None)] == ["c3"]
    assert [row["id"] for row in ledger.view("criterion", at=third.at)] == ["c3"]
    assert ledger.view("criterion", "lakeside") == []
    note(ledger, kind="third_party", payload={"name": "bank"})
    assert [row["name"] for row in ledger.view("third_party", name="bank")] == ["bank"]


def test_a_view_or_column_that_is_not_there_is_named(ledger: Ledger) -> None:
    with pytest.raises(Terminal, match=r"there is no view 'issues'. Right: stage_state, sign_off"):
        ledger.view("issues")
    with pytest.raises(Terminal, match=r"view area cannot be asked by 'title'. Right: project, area, owner"):
        ledger.view("area", title="x")
    with pytest.raises(Terminal, match="cannot be asked by 'depends'"):
        ledger.view("area", depends=["x"])


def test_the_views_have_the_columns_that_are_described(ledger: Ledger, url: str) -> None:
    with psycopg.connect(url) as connection:
        stored = connection.execute(
            "select table_name, array_agg(column_name::text order by ordinal_position) from information_schema.columns"
            " join information_schema.views using (table_schema, table_name) where table_schema = 'ledger' group by 1"
        ).fetchall()
    assert dict(stored) == {name: view.c.keys() for name, view in VIEWS.items()}


@pytest.mark.parametrize(
    "statement",
    ["update ledger.{} set seq = 2", "delete from ledger.{}", "insert into ledger.{} (project) values ('x')"],
)
def test_a_view_cannot_be_written_through(ledger: Ledger, url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for view in VIEWS:
            with pytest.raises(errors.ObjectNotInPrerequisiteState, match=f'cannot .* view "{view}"'):
                connection.execute(statement.format(view))


def test_a_view_believes_what_the_entries_refuse(ledger: Ledger, url: str) -> None:
    """Why no gate reads a view."""
    note(ledger, kind="criterion", payload={"id": "c", "state": "FAIL"})
    behind_its_back(url, """update ledger.entry set payload = '{"id":"c","state":"PASS"}'""")
    assert ledger.view("criterion")[0]["state"] == "PASS"
    with pytest.raises(LedgerBroken, match="entry 1"):
        ledger.latest("riverside", "criterion", by=("id",))


def test_a_ledger_of_the_first_revision_is_brought_up_with_its_entries(ledger: Ledger, url: str) -> None:
    note(ledger, kind="criterion", payload={"id": "c", "state": "PASS"})
    with psycopg.connect(url) as connection:
        for view in VIEWS:
            connection.execute(f"drop view ledger.{view}")
        connection.execute("drop index ledger.entry_project_run_seq")
        connection.execute("update ledger.alembic_version set version_num = '0001'")
    with pytest.raises(Terminal, match="run `golive ledger migrate`"):
        ledger.view("criterion")
    ledger.migrate()
    assert [row["state"] for row in ledger.view("criterion")] == ["PASS"]
    assert ledger.verify() == 1


def test_an_instant_is_the_same_under_every_time_zone(ledger: Ledger, url: str) -> None:
    written = note(ledger, kind="risk", payload={"id": "r"})
    with Ledger(url + "?options=-c%20timezone=Asia/Kolkata") as elsewhere:
        (row,) = elsewhere.view("risk")
    assert row["at"] == written.at and row["at"].utcoffset() == timedelta(0)
    assert isinstance(row["at"], datetime)
