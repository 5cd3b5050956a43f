"""The sample vendor: the same by seed, every planted defect in it, and a migration that loses nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pandas as pd
import psycopg
import pytest
import yaml
from psycopg import sql
from tests.conftest import databases
from tests.integration import northgate_expected, northgate_reading
from tests.integration.northgate_reading import format_of, written_key
from tests.moving import Move, clean, execute, fetch

from golive.databases import connect
from golive.databases.static import check_file
from golive.demo.northgate import (
    LEAST,
    MOST,
    NULL,
    Reason,
    live_changes,
    make_source,
    make_target,
    rows_lost,
    unmigratable,
)
from golive.errors import Terminal
from golive.plan import check_live
from golive.project import load
from golive.project.files import file_of
from golive.transfer import Mode

Urls = tuple[str, str]
SEED = 7
PARTITIONS = {"activation_early", "activation_2023", "activation_2025"}


@pytest.fixture
def vendor(pair: Urls) -> Urls:
    """A vendor of the least size: the URLs of its old and its new system."""
    make_source(pair[0], organisations=LEAST, seed=SEED)
    make_target(pair[1])
    return pair


@pytest.fixture(scope="module")
def migrated(server_url: Callable[[str], str]) -> Iterator[Urls]:
    """A vendor that has moved: older data, two days of work in the old system, last increments, a sweep."""
    with databases(server_url) as make:
        urls = make("source"), make("target")
        make_source(urls[0], organisations=LEAST, seed=SEED)
        make_target(urls[1])
        move = _move(urls)
        move.run(Mode.OLDER)
        for number in (1, 2):
            live_changes(urls[0], seed=SEED, round=number)
        move.run()
        assert not clean(move.sweep()), "some changes are seen by a sweep alone"
        assert clean(move.sweep())
        yield urls


def _move(urls: Urls) -> Move:
    file = yaml.safe_load(file_of("northgate").read_text())
    return Move(urls, file["tables"], file["limits"], file["timezone"])


def _tables(url: str) -> list[str]:
    return [row[0] for row in fetch(url, "select tablename from pg_tables where schemaname = 'public' order by 1")]


def _counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        count = sql.SQL("select count(*) from {}")
        return {t: connection.execute(count.format(sql.Identifier(t))).fetchone()[0] for t in _tables(url)}  # type: ignore[index]


def _digests(url: str) -> dict[str, str]:
    """Per table a digest over the text of all its rows, whatever their order."""
    query = sql.SQL("select md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from {} t")
    with psycopg.connect(url) as connection:
        return {t: connection.execute(query.format(sql.Identifier(t))).fetchone()[0] for t in _tables(url)}  # type: ignore[index]


def _frame(url: str, query: str) -> pd.DataFrame:
    with psycopg.connect(url, options=northgate_expected.OPTIONS) as connection:
        cursor = connection.execute(query)  # type: ignore[call-overload]
        return pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or []], dtype=object)


def _keys(lost: dict[tuple[str, ...], str], *reasons: Reason) -> set[tuple[str, ...]]:
    return {key for key, reason in lost.items() if reason in reasons}


def _uids(kind: str, frame: pd.DataFrame, number: str) -> set[tuple[str, ...]]:
    names = kind + ":" + frame.co.str.strip() + ":" + frame[number].astype(str)
    return {(uid,) for uid in northgate_reading.uid(names)}


def test_the_same_seed_gives_the_same_rows(new_database: Callable[..., str]) -> None:
    first, again, other = (new_database(label) for label in ("first", "again", "other"))
    for url, seed in ((first, 11), (again, 11), (other, 12)):
        make_source(url, organisations=150, seed=seed)
    assert _digests(first) == _digests(again)
    changed = {table for table, digest in _digests(other).items() if digest != _digests(first)[table]}
    assert {"cust", "usr", "ord_hd", "ord_ln", "rev_sch", "ent", "lic", "act", "rnw", "rslr"} <= changed


def test_it_grows_with_the_organisations(new_database: Callable[..., str]) -> None:
    small, large = new_database("small"), new_database("large")
    make_source(small, organisations=LEAST, seed=1)
    make_source(large, organisations=3_000, seed=1)
    few, many = _counts(small), _counts(large)
    assert (few["cust"], many["cust"]) == (LEAST + 1, 3_001)  # one is there in two cases
    for table in ("cust_cont", "usr", "ord_hd", "ord_ln", "rev_sch", "ent", "lic", "act", "act_arch", "rnw", "use_log"):
        assert 20 * few[table] < many[table] < 40 * few[table], table
    assert 10 <= sum(many.values()) / 3_000 <= 20
    assert len(many) == 22


def test_it_fills_empty_databases_only(vendor: Urls) -> None:
    with pytest.raises(Terminal, match=r"is not empty: it has the table act\. Give northgate an empty one"):
        make_source(vendor[0], organisations=LEAST, seed=SEED)
    with pytest.raises(Terminal, match="is not empty"):
        make_target(vendor[1])


@pytest.mark.parametrize(("organisations", "seed"), [(LEAST - 1, 1), (MOST + 1, 1), (LEAST, -1), (LEAST, 2**31)])
def test_sizes_and_seeds_out_of_range_are_refused(pair: Urls, organisations: int, seed: int) -> None:
    with pytest.raises(Terminal, match=r"northgate .* (organisations|seed)"):
        make_source(pair[0], organisations=organisations, seed=seed)
    assert _tables(pair[0]) == []


def test_every_defect_is_there_at_the_least_size(vendor: Urls) -> None:
    lost = unmigratable(*vendor)
    assert {reason for keys in lost.values() for reason in keys.values()} == set(Reason)
    assert _keys(lost["exchange_rate"], Reason.KEY_TAKEN) == {("USD", "2026-01-01")}
    assert _keys(lost["price"], Reason.DAYS_TAKEN) == {("NVPILOT", "CLOUD", "2026-03-01")}
    assert _keys(lost["product"], Reason.DUPLICATE_KEY) == {("P0043",)}
    assert [key[1] for key in _keys(lost["revenue"], Reason.NULL_KEY)] == [NULL]
    # Of a chain of three resellers one is lost by its own fault; and of two renewals the first.
    assert len(_keys(lost["channel_partner"], Reason.PARENT)) == 2
    assert "usage_event" not in lost and not set(lost) - {spec.target for spec in load("northgate").tables}


def test_rows_lost_counts_every_row_of_a_key_that_stands_twice(vendor: Urls) -> None:
    rows, lost = rows_lost(*vendor), unmigratable(*vendor)
    twice = {table: rows[table] - len(keys) for table, keys in lost.items() if rows[table] != len(keys)}
    booked = len(_keys(lost["revenue"], Reason.DUPLICATE_KEY))
    assert twice == {"product": 1, "organisation": 1, "organisation_billing": 1, "revenue": booked}


def test_the_old_system_has_its_oddities(vendor: Urls) -> None:
    customers = _frame(vendor[0], "select * from cust")
    assert customers.cust_no.duplicated().any(), "companies count from the same numbers"
    assert customers.nm.str.contains("Ã").any() and customers[customers.enc == "L"].nm.str.contains("Ã").any()
    assert set(customers.del_fl.dropna()) == {"T", "1", "F", "0"} and customers.upd_ts.isna().any()
    money = set(_frame(vendor[0], "select tot from ord_hd where tot <> 'TBD'").tot.dropna().str.strip("0123456789.,"))
    assert money == {"$", "¥", " €"}
    ends = _frame(vendor[0], "select end_ts from ent").end_ts
    assert ends.isna().any() and (ends == 253402214400).any()
    keys = _frame(vendor[0], "select lic_key from lic").lic_key.dropna()
    assert set(keys.map(format_of).fillna("none")) == {"digits", "hex", "groups", "none"}
    assert (keys != keys.map(written_key)).any()
    resellers = _frame(vendor[0], "select * from rslr where par_no < 900000")
    assert (resellers.par_no > resellers.rs_no).any() and (resellers.par_no < resellers.rs_no).any()
    assert (resellers.par_no == resellers.rs_no).any()
    keyed = _frame(vendor[0], "select indrelid::regclass::text as t from pg_index where indisprimary")
    assert set(_tables(vendor[0])) - set(keyed.t) == {"rev_sch", "use_log"}
    assert _frame(vendor[0], "select * from use_log").duplicated().any()
    assert len(_frame(vendor[0], "select * from v_rnw_due")) > 10


def test_the_judge_agrees_with_pandas(vendor: Urls) -> None:
    source, target = vendor
    lost = unmigratable(source, target)

    licences = _frame(source, "select * from lic where lic_key is not null")
    wrong = licences[licences.lic_key.map(format_of).isna()]
    judged = _keys(lost["licence"], Reason.CHECK, Reason.NO_FORMAT)
    assert judged == _uids("licence", wrong, "lic_no") and len(judged) == 4

    activations = _frame(source, "select act_no, lic_no from act union all select act_no, lic_no from act_arch")
    without = activations[activations.lic_no.isna()]
    assert {key[0] for key in _keys(lost["activation"], Reason.NO_LICENCE)} == set(without.act_no.astype(str)) != set()

    names = _frame(source, "select * from cust where enc = 'L' and del_fl is distinct from 'T'")
    unreadable = names[northgate_reading.name("L" + names.nm).isna()]
    judged = _keys(lost["organisation"], Reason.BAD_ENCODING)
    assert judged == _uids("organisation", unreadable, "cust_no") != set()

    gone = {key[0] for key in lost["organisation"]}
    users = _frame(source, "select co, usr_no, 'organisation:' || trim(co) || ':' || cust_no as of from usr")
    hanging = users[northgate_reading.uid(users["of"]).isin(gone)]
    assert _keys(lost["app_user"], Reason.PARENT) == _uids("user", hanging, "usr_no") != set()


def test_the_mapping_is_right_by_itself_and_on_both_schemas(vendor: Urls) -> None:
    assert check_file("northgate") == []
    project = load("northgate")
    sides = (connect(url, name="northgate", timezone=project.timezone) for url in vendor)
    assert check_live(project, *sides) == []
    assert (project.source.connection, project.target.connection) == ("northgate_ems", "northgate_hub")
    assert sum(spec.older_than is not None for spec in project.tables) >= 2
    assert "password_hash" in project.table("app_user").sensitive
    mapped = {spec.target for spec in project.tables}
    assert mapped == set(_tables(vendor[1])) - PARTITIONS == set(northgate_expected.TABLES)


def test_a_role_of_the_old_programs_may_write(vendor: Urls) -> None:
    with psycopg.connect(vendor[0]) as connection:
        connection.execute("set role northgate_app")
        assert connection.execute("update cust set ctry = 'US'").rowcount == LEAST + 1


def test_a_round_of_changes_does_what_it_says(vendor: Urls) -> None:
    source, target = vendor
    before, lost_before = _counts(source), unmigratable(source, target)
    stamps = dict(_frame(source, "select co || cust_no, upd_ts from cust").values.tolist())
    changes = live_changes(source, seed=3, round=1)
    after = _counts(source)
    for table in before:
        moved = changes.inserted.get(table, 0) - changes.deleted.get(table, 0)
        assert after[table] - before[table] == moved, table
    assert len(changes.inserted) >= 10 and len(changes.deleted) >= 10 and changes.unmarked["cust"] == 2
    assert changes.total == sum(sum(k.values()) for k in (changes.inserted, changes.updated, changes.deleted))

    now = dict(_frame(source, "select co || cust_no, upd_ts from cust").values.tolist())
    stamped = [at for who, at in now.items() if who in stamps and not pd.isna(at) and at != stamps[who]]
    assert len(stamped) == changes.updated["cust"] - changes.unmarked["cust"]
    assert all(datetime.fromtimestamp(at, UTC) > datetime(2026, 3, 1, tzinfo=UTC) for at in stamped)

    lost_after = unmigratable(source, target)
    appeared = {table: keys.keys() - lost_before.get(table, {}).keys() for table, keys in lost_after.items()}
    assert not any(appeared.values())
    assert len(lost_before["licence"].keys() - lost_after["licence"].keys()) == 1


def test_rounds_are_deterministic_and_done_once(new_database: Callable[..., str]) -> None:
    first, again = new_database("first"), new_database("again")
    for url in (first, again):
        make_source(url, organisations=LEAST, seed=5)
    for number in range(1, 4):
        assert live_changes(first, seed=5, round=number) == live_changes(again, seed=5, round=number)
    assert _digests(first) == _digests(again)
    with pytest.raises(Terminal, match=r"round 3 of northgate's live changes was done before"):
        live_changes(first, seed=5, round=3)
    with pytest.raises(Terminal, match="northgate's rounds go from 1"):
        live_changes(first, seed=5, round=0)


def test_the_quarantine_is_exactly_what_was_planted(migrated: Urls) -> None:
    found: dict[str, set[tuple[str, ...]]] = {}
    rows: dict[str, int] = {}
    for table, key, held in fetch(migrated[1], "select table_name, key, rows from golive.quarantine"):
        name = table.removeprefix("public.").partition("#")[0]
        found.setdefault(name, set()).add(tuple(NULL if part is None else part for part in key))
        rows[name] = rows.get(name, 0) + held
    assert found == {table: set(keys) for table, keys in unmigratable(*migrated).items()}
    assert rows == rows_lost(*migrated)


def test_every_cell_of_the_new_system_is_what_the_old_one_says(migrated: Urls) -> None:
    assert northgate_expected.differences(*migrated) == []


def test_revenue_is_equal_to_the_cent_by_company_period_and_product(migrated: Urls) -> None:
    old, new = northgate_expected.revenue_totals(*migrated)
    assert old == new and len(old) > 100 and sum(old.values()) > 0


def test_every_licence_key_old_and_new_is_one_that_the_new_system_can_check(migrated: Urls) -> None:
    held = fetch(migrated[1], "select format::text, licence_key from licence")
    assert {key: format_of(key) for _, key in held} == {key: format for format, key in held}
    assert {format for format, _ in held} == {"digits", "hex", "groups"}
    refused = "insert into licence (format, licence_key, revoked) values ('hex', 'NG2.0123456789ABCDEF.00', false)"
    with pytest.raises(psycopg.errors.CheckViolation):
        execute(migrated[1], refused)


def test_the_renewals_of_the_next_months_are_the_same_queue(migrated: Urls) -> None:
    lost = {key[0] for key in unmigratable(*migrated)["renewal"]}
    old = _frame(migrated[0], "select * from rnw where stat = 'P' and due_ts between 1772323200 and 1798761599")
    old["uid"] = northgate_reading.uid("renewal:" + old.co.str.strip() + ":" + old.rnw_no.astype(str))
    old = old[~old.uid.isin(lost)]
    new = fetch(
        migrated[1],
        "select renewal_id::text, coalesce(array_to_string(reminder_days, ';'), '') from renewal"
        " where status = 'pending' and due_on between '2026-03-01' and '2026-12-31'",
    )
    assert dict(new) == dict(zip(old.uid, old.rem.fillna(""), strict=True)) != {}


def test_the_independent_reader_sees_what_is_wrong(migrated: Urls, new_database: Callable[..., str]) -> None:
    spoiled = new_database("spoiled", f'template "{migrated[1].rpartition("/")[2]}"')
    execute(
        spoiled,
        "update organisation set name = name || ' ' where organisation_id ="
        " (select organisation_id from organisation where origin = 'ems' order by 1 limit 1)",
        "update revenue set amount = amount + 0.01 where ctid = (select min(ctid) from revenue)",
        "delete from setting where name = 'hub.theme'",
        "insert into exchange_rate (currency, month, rate, origin) values ('XXX', '2026-01-01', 1, 'ems')",
        "insert into usage_event select * from usage_event limit 1",
    )
    found = northgate_expected.differences(migrated[0], spoiled)
    assert [line.split(":")[0] for line in found] == [
        "setting",
        "exchange_rate",
        "organisation.name",
        "revenue.amount",
        "usage_event",
    ]
    old, new = northgate_expected.revenue_totals(migrated[0], spoiled)
    assert len({key for key in old if old[key] != new[key]}) == 1
