"""Places on the schedule of all projects: none is booked twice, whoever races for it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from tests.integration.readiness.site import Place, site_of

from golive.ledger import Ledger
from golive.ledger.store import _APPEND_LOCK
from golive.readiness import Outcome, slots

TUESDAY, WEDNESDAY = date(2026, 6, 9), date(2026, 6, 10)
TEXT = """\
project: {name}
source: {{connection: {name}_old}}
target: {{connection: {name}_new}}
people: {{lead: [ann]}}
names: {{ann: Ann Ames}}
tables: [{{target: family}}]
"""


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    with Ledger(made := new_database("ledger")) as ledger:
        ledger.migrate()
    return made


@pytest.fixture
def project(url: str) -> Callable[[str], Place]:
    """Gives a project by name; all have one ledger."""
    return lambda name: site_of(TEXT.format(name=name), url, url, url, stage="implement")


def test_a_place_is_booked_and_kept_when_the_task_runs_again(project: Callable[[str], Place]) -> None:
    riverside = project("riverside")
    assert slots.booked(riverside.ledger, "riverside") is None
    first = riverside.keep(slots.book(riverside, TUESDAY, 1, ""))
    assert first.missing == () and first.says == "2026-06-09 is booked, place 1 of 1"
    entry = riverside.ledger.last("riverside", "slot")
    assert entry is not None
    assert entry.payload == {"day": "2026-06-09", "project": "riverside", "state": "booked", "reason": ""}
    assert slots.book(riverside, TUESDAY, 1, "") == first
    assert len(riverside.ledger.entries("golive")) == 1
    assert slots.booked(riverside.ledger, "riverside") == TUESDAY


def test_a_full_day_is_refused_with_whose_it_is(project: Callable[[str], Place]) -> None:
    slots.book(project("lakeside"), TUESDAY, 1, "")
    riverside = project("riverside")
    refused = slots.book(riverside, TUESDAY, 1, "")
    assert refused.records == () and slots.booked(riverside.ledger, "riverside") is None
    assert refused.missing == (
        "2026-06-09 is full: its only place on the schedule went to lakeside. Ann Ames (lead) chooses another day in"
        " the project file, or agrees with lakeside that it moves first.",
    )
    assert "all of its 2 places" in _third(project).missing[0]
    assert slots.book(riverside, TUESDAY, 3, "").missing == ()


def _third(project: Callable[[str], Place]) -> Outcome:
    slots.book(project("northgate"), TUESDAY, 2, "")
    return slots.book(project("riverside"), TUESDAY, 2, "")


def test_another_day_moves_the_booking_with_a_reason_and_frees_the_first(project: Callable[[str], Place]) -> None:
    riverside, lakeside = project("riverside"), project("lakeside")
    slots.book(riverside, TUESDAY, 1, "")
    without = slots.book(riverside, WEDNESDAY, 1, "")
    assert "start a new run with `reason`" in without.missing[0]
    assert slots.booked(riverside.ledger, "riverside") == TUESDAY

    moved = slots.book(riverside, WEDNESDAY, 1, "the hall is taken")
    assert moved.records[0].payload == {
        "day": "2026-06-10", "project": "riverside", "state": "moved", "reason": "from 2026-06-09: the hall is taken",
    }  # fmt: skip
    assert slots.booked(riverside.ledger, "riverside") == WEDNESDAY

    # The place that was given up is another's now, and again, generation by generation.
    for _ in range(2):
        assert slots.book(lakeside, TUESDAY, 1, "back").missing == ()
        assert slots.booked(lakeside.ledger, "lakeside") == TUESDAY
        assert slots.book(lakeside, date(2026, 6, 16), 1, "later").missing == ()
    history = [
        (entry.payload["project"], entry.payload["state"], entry.once) for entry in riverside.ledger.entries("golive")
    ]
    assert history[:5] == [
        ("riverside", "booked", "slot/2026-06-09/1/0"),
        ("riverside", "booked", "slot/2026-06-10/1/0"),
        ("riverside", "released", "slot/2026-06-09/1/0/released"),
        ("lakeside", "booked", "slot/2026-06-09/1/1"),
        ("lakeside", "booked", "slot/2026-06-16/1/0"),
    ]
    assert ("lakeside", "booked", "slot/2026-06-09/1/2") in history
    assert riverside.ledger.verify() == len(history)


def test_a_move_to_a_full_day_keeps_the_day_that_was_booked(project: Callable[[str], Place]) -> None:
    riverside = project("riverside")
    slots.book(project("lakeside"), WEDNESDAY, 1, "")
    slots.book(riverside, TUESDAY, 1, "")
    assert slots.book(riverside, WEDNESDAY, 1, "sooner").missing
    assert slots.booked(riverside.ledger, "riverside") == TUESDAY


def test_a_move_that_died_between_booking_and_release_is_finished(project: Callable[[str], Place]) -> None:
    riverside = project("riverside")
    slots.book(riverside, TUESDAY, 1, "")
    slots._take(riverside, WEDNESDAY, 1, "moved")
    assert slots.booked(riverside.ledger, "riverside") == WEDNESDAY
    assert slots.book(riverside, WEDNESDAY, 1, "moved").missing == ()
    assert [place.day for place in slots.held(riverside.ledger)] == [WEDNESDAY]


def test_a_move_that_died_and_is_taken_back_ends_where_it_began(project: Callable[[str], Place]) -> None:
    riverside = project("riverside")
    slots.book(riverside, TUESDAY, 1, "")
    slots._take(riverside, WEDNESDAY, 1, "moved")
    assert slots.book(riverside, TUESDAY, 1, "after all not").missing == ()
    assert [place.day for place in slots.held(riverside.ledger)] == [TUESDAY]


def test_two_runs_that_move_one_project_at_once_leave_it_the_day_booked_last(
    project: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other run books, and gives up this one's day, just before this one gives up what it finds."""
    riverside, held = project("riverside"), slots.held
    done: list[bool] = []

    def interrupted(ledger: Ledger) -> list[slots.Place]:
        found = held(ledger)
        if found and not done:
            done.append(True)
            assert held(ledger)[0].day == TUESDAY
            return found
        if len(done) == 1:
            done.append(True)
            assert slots.book(riverside, WEDNESDAY, 1, "sooner").missing == ()
        return held(ledger)

    monkeypatch.setattr(slots, "held", interrupted)
    first = slots.book(riverside, TUESDAY, 1, "")
    assert len(done) == 2 and [place.day for place in held(riverside.ledger)] == [WEDNESDAY]
    assert first.records == () and first.missing == (
        "Another run of this project booked 2026-06-10 while this one booked 2026-06-09: that stays. If 2026-06-09 is"
        " right, start a new run.",
    )


def test_a_lowered_capacity_takes_no_place_away_and_gives_none(project: Callable[[str], Place]) -> None:
    for name in ("lakeside", "riverside"):
        slots.book(project(name), TUESDAY, 2, "")
    assert slots.book(project("riverside"), TUESDAY, 1, "").says == "2026-06-09 is booked, place 2 of 2"
    slots.book(project("lakeside"), WEDNESDAY, 1, "away")
    assert slots.book(project("northgate"), TUESDAY, 1, "").missing


def test_twelve_projects_race_for_the_last_two_places(project: Callable[[str], Place]) -> None:
    sites = [project(f"district_{number}") for number in range(12)]
    slots.book(project("first"), TUESDAY, 3, "")
    start = threading.Barrier(len(sites))

    def race(site: Place) -> bool:
        start.wait()
        return not slots.book(site, TUESDAY, 3, "").missing

    with ThreadPoolExecutor(len(sites)) as pool:
        won = list(pool.map(race, sites))
    assert sum(won) == 2
    there = slots.held(sites[0].ledger)
    assert sorted(place.number for place in there) == [1, 2, 3]
    assert {place.project for place in there} == {"first"} | {
        site.project.name for site, has in zip(sites, won, strict=True) if has
    }


def test_projects_that_move_to_and_fro_never_hold_one_place_together(project: Callable[[str], Place]) -> None:
    sites = [project(f"district_{number}") for number in range(6)]
    start = threading.Barrier(len(sites))

    def roam(site: Place) -> None:
        start.wait()
        for day in (TUESDAY, WEDNESDAY, TUESDAY, WEDNESDAY):
            slots.book(site, day, 2, "to and fro")

    with ThreadPoolExecutor(len(sites)) as pool:
        list(pool.map(roam, sites))
    holder: dict[tuple[str, int], str | None] = {}
    for entry in sites[0].ledger.entries("golive", kind="slot"):
        said = entry.payload
        place = said["day"], said["place"]
        assert said["place"] <= 2
        if said["state"] == "booked":
            assert holder.get(place) is None
            holder[place] = said["project"]
        else:
            assert holder[place] == said["project"]
            holder[place] = None
    held = [name for name in holder.values() if name is not None]
    assert held and len(held) == len(set(held))  # a project that found every place taken has none


def test_one_project_in_two_runs_at_once_holds_one_place(project: Callable[[str], Place]) -> None:
    sites = [project("riverside") for _ in range(6)]
    start = threading.Barrier(len(sites))

    def race(site: Place) -> bool:
        start.wait()
        return not slots.book(site, TUESDAY, 4, "").missing

    with ThreadPoolExecutor(len(sites)) as pool:
        assert all(pool.map(race, sites))
    assert len(slots.held(sites[0].ledger)) == 1


RACER = """
import sys
from tests.integration.readiness.site import site_of
from tests.integration.readiness.test_slots import TEXT, TUESDAY
from golive.readiness import slots

url, name = sys.argv[1:]
site = site_of(TEXT.format(name=name), url, url, url, stage="implement")
print("READY", flush=True)
print("lost" if slots.book(site, TUESDAY, 1, "").missing else "won")
"""


def test_processes_that_all_saw_the_last_place_free_give_it_to_one(url: str) -> None:
    """Each has read that the place is free and waits to write, when the ledger lets them go."""
    waiting = (
        "select count(*) from pg_sleep(0.02), pg_locks where locktype = 'advisory' and not granted"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute("select pg_advisory_xact_lock(%s)", [_APPEND_LOCK])
        racers = [
            subprocess.Popen([sys.executable, "-c", RACER, url, name], stdout=subprocess.PIPE, text=True)
            for name in ("lakeside", "riverside", "northgate")
        ]
        while watcher.execute(waiting).fetchone() != (len(racers),):
            assert all(racer.poll() is None for racer in racers)
        holder.rollback()
        said = [racer.communicate(timeout=120)[0].split() for racer in racers]
    assert sorted(word for _, word in said) == ["lost", "lost", "won"]
    with Ledger(url) as ledger:
        assert len(slots.held(ledger)) == 1
