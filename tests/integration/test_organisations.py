"""What holds for every sample organisation: the same by seed, into empty databases only, used as it says it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import pytest
from tests.integration.organisations import counts, digests, tables
from tests.moving import fetch

from golive.demo import northgate, organisation, riverside
from golive.demo.organisation import Organisation
from golive.errors import Terminal
from golive.project import load

Urls = tuple[str, str]
SEED = 7


@dataclass(frozen=True)
class Case:
    """An organisation, and what was written by hand of it.

    ``main`` is the table of what is counted, with ``more`` rows than the size; a large one has ``large``,
    with ``rows`` (from, to) in all behind each. ``seeded`` are tables that no two seeds fill alike,
    ``growing`` those that grow with the size. ``stamps`` is a query for the keys of ``main`` with their time
    of change, ``write`` what the old programs may do to all of its rows. A round adds to ``touched`` tables
    at least, and takes from as many; ``corrected`` is the target whose row it puts right.
    """

    of: Organisation
    main: str
    more: int
    large: int
    rows: tuple[int, int]
    tables: int
    seeded: tuple[str, ...]
    growing: tuple[str, ...]
    stamps: str
    write: str
    touched: int
    corrected: str

    def __str__(self) -> str:
        return self.of.name


CASES = (
    Case(
        of=riverside.ORGANISATION,
        main="stu_master",
        more=0,
        large=6_000,
        rows=(8, 11),
        tables=26,
        seeded=("stu_master", "stu_addr", "guardn", "enrl", "grd", "att_day", "fee_trx", "stf", "sect"),
        growing=("stu_addr", "guardn", "stu_guardn", "enrl", "grd", "att_day", "att_arch", "fee_trx", "stu_bus"),
        stamps="select stu_id, updated_at from stu_master",
        write="update stu_master set grd_lvl = '01'",
        touched=8,
        corrected="student",
    ),
    Case(
        of=northgate.ORGANISATION,
        main="cust",
        more=1,  # one is there in two cases
        large=3_000,
        rows=(10, 20),
        tables=22,
        seeded=("cust", "usr", "ord_hd", "ord_ln", "rev_sch", "ent", "lic", "act", "rnw", "rslr"),
        growing=(
            "cust_cont", "usr", "ord_hd", "ord_ln", "rev_sch", "ent", "lic", "act", "act_arch", "rnw", "use_log",
        ),
        stamps="select co || cust_no, to_timestamp(upd_ts) at time zone 'UTC' from cust",
        write="update cust set ctry = 'US'",
        touched=10,
        corrected="licence",
    ),
)  # fmt: skip


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def made(case: Case, pair: Urls) -> Urls:
    """An organisation of the least size: the URLs of its old and its new system."""
    organisation.make_source(case.of, pair[0], size=case.of.least, seed=SEED)
    organisation.make_target(case.of, pair[1])
    return pair


def test_the_same_seed_gives_the_same_rows(case: Case, new_database: Callable[..., str]) -> None:
    first, again, other = (new_database(label) for label in ("first", "again", "other"))
    for url, seed in ((first, 11), (again, 11), (other, 12)):
        organisation.make_source(case.of, url, size=case.of.least + 50, seed=seed)
    assert digests(first) == digests(again)
    changed = {table for table, digest in digests(other).items() if digest != digests(first)[table]}
    assert set(case.seeded) <= changed


def test_it_grows_with_what_is_counted(case: Case, new_database: Callable[..., str]) -> None:
    small, large = new_database("small"), new_database("large")
    organisation.make_source(case.of, small, size=case.of.least, seed=1)
    organisation.make_source(case.of, large, size=case.large, seed=1)
    few, many = counts(small), counts(large)
    assert (few[case.main], many[case.main]) == (case.of.least + case.more, case.large + case.more)
    times = case.large / case.of.least
    for table in case.growing:
        assert times * 2 / 3 * few[table] < many[table] < times * 4 / 3 * few[table], table
    assert case.rows[0] <= sum(many.values()) / case.large <= case.rows[1]
    assert len(many) == case.tables


def test_it_fills_empty_databases_only(case: Case, made: Urls) -> None:
    there = tables(made[0])[0]
    said = rf"is not empty: it has the table {there}\. Give {case} an empty one"
    with pytest.raises(Terminal, match=said):
        organisation.make_source(case.of, made[0], size=case.of.least, seed=SEED)
    with pytest.raises(Terminal, match="is not empty"):
        organisation.make_target(case.of, made[1])


@pytest.mark.parametrize(
    ("size", "seed"),
    [
        (lambda of: of.least - 1, 1), (lambda of: of.most + 1, 1),
        (lambda of: of.least, -1), (lambda of: of.least, 2**31),
    ],
)
def test_sizes_and_seeds_out_of_range_are_refused(
    case: Case, pair: Urls, size: Callable[[Organisation], int], seed: int
) -> None:  # fmt: skip
    with pytest.raises(Terminal, match=rf"{case} .* ({case.of.counted}|seed)"):
        organisation.make_source(case.of, pair[0], size=size(case.of), seed=seed)
    assert tables(pair[0]) == []


def test_every_defect_is_there_at_the_least_size(case: Case, made: Urls) -> None:
    lost = organisation.unmigratable(case.of, *made)
    assert {reason for keys in lost.values() for reason in keys.values()} == set(case.of.reasons)
    assert not set(lost) - {spec.target for spec in load(case.of.name).tables}


def test_a_role_of_the_old_programs_may_write(case: Case, made: Urls) -> None:
    with psycopg.connect(made[0]) as connection:
        connection.execute(f"set role {case}_app")  # type: ignore[call-overload]
        assert connection.execute(case.write).rowcount == case.of.least + case.more  # type: ignore[call-overload]


def test_a_round_of_changes_does_what_it_says(case: Case, made: Urls) -> None:
    before, lost_before = counts(made[0]), organisation.unmigratable(case.of, *made)
    stamps = dict(fetch(made[0], case.stamps))
    changes = organisation.live_changes(case.of, made[0], seed=3, round=1)
    after = counts(made[0])
    for table in before:
        moved = changes.inserted.get(table, 0) - changes.deleted.get(table, 0)
        assert after[table] - before[table] == moved, table
    assert len(changes.inserted) >= case.touched and len(changes.deleted) >= case.touched
    assert changes.unmarked[case.main] == 2
    assert changes.total == sum(sum(k.values()) for k in (changes.inserted, changes.updated, changes.deleted))

    now = dict(fetch(made[0], case.stamps))
    stamped = [at for who, at in now.items() if who in stamps and at is not None and at != stamps[who]]
    assert len(stamped) == changes.updated[case.main] - changes.unmarked[case.main]
    assert all(at.replace(tzinfo=UTC) > datetime(2026, 3, 1, tzinfo=UTC) for at in stamped)

    lost_after = organisation.unmigratable(case.of, *made)
    appeared = {table: keys.keys() - lost_before.get(table, {}).keys() for table, keys in lost_after.items()}
    assert not any(appeared.values())
    assert len(lost_before[case.corrected].keys() - lost_after[case.corrected].keys()) == 1


def test_rounds_are_deterministic_and_done_once(case: Case, new_database: Callable[..., str]) -> None:
    first, again = new_database("first"), new_database("again")
    for url in (first, again):
        organisation.make_source(case.of, url, size=case.of.least, seed=5)
    for number in range(1, 6):
        done = organisation.live_changes(case.of, first, seed=5, round=number)
        assert done == organisation.live_changes(case.of, again, seed=5, round=number)
    assert digests(first) == digests(again)
    with pytest.raises(Terminal, match=f"round 5 of {case}'s live changes was done before"):
        organisation.live_changes(case.of, first, seed=5, round=5)
    with pytest.raises(Terminal, match=f"{case}'s rounds go from 1"):
        organisation.live_changes(case.of, first, seed=5, round=0)
