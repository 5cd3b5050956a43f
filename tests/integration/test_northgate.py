"""The sample vendor: its planted defects, and a migration that loses nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd
import psycopg
import pytest
import yaml
from tests.conftest import databases
from tests.integration import northgate_expected, northgate_reading
from tests.integration.northgate_reading import format_of, written_key
from tests.integration.organisations import frame, keys, tables
from tests.moving import Move, clean, execute, fetch

from golive.databases import connect
from golive.databases.static import check_file
from golive.demo import organisation
from golive.demo.northgate import ORGANISATION, Reason
from golive.demo.organisation import NULL
from golive.plan import check_live
from golive.project import load
from golive.project.files import file_of
from golive.transfer import Mode

Urls = tuple[str, str]
SEED = 7
PARTITIONS = {"activation_early", "activation_2023", "activation_2025"}

_frame = partial(frame, options=northgate_expected.OPTIONS)


@pytest.fixture
def vendor(pair: Urls) -> Urls:
    """A vendor of the least size: the URLs of its old and its new system."""
    organisation.make_source(ORGANISATION, pair[0], size=ORGANISATION.least, seed=SEED)
    organisation.make_target(ORGANISATION, pair[1])
    return pair


@pytest.fixture(scope="module")
def migrated(server_url: Callable[[str], str]) -> Iterator[Urls]:
    """A vendor that has moved: older data, two days of work in the old system, last increments, a sweep."""
    with databases(server_url) as make:
        urls = make("source"), make("target")
        organisation.make_source(ORGANISATION, urls[0], size=ORGANISATION.least, seed=SEED)
        organisation.make_target(ORGANISATION, urls[1])
        move = _move(urls)
        move.run(Mode.OLDER)
        for number in (1, 2):
            organisation.live_changes(ORGANISATION, urls[0], seed=SEED, round=number)
        move.run()
        assert not clean(move.sweep()), "some changes are seen by a sweep alone"
        assert clean(move.sweep())
        yield urls


def _move(urls: Urls) -> Move:
    file = yaml.safe_load(file_of("northgate").read_text())
    return Move(urls, file["tables"], file["limits"], file["timezone"])


def _uids(kind: str, rows: pd.DataFrame, number: str) -> set[tuple[str, ...]]:
    names = kind + ":" + rows.co.str.strip() + ":" + rows[number].astype(str)
    return {(uid,) for uid in northgate_reading.uid(names)}


def test_what_was_planted_is_lost_for_its_own_reason(vendor: Urls) -> None:
    lost = organisation.unmigratable(ORGANISATION, *vendor)
    assert keys(lost["exchange_rate"], Reason.KEY_TAKEN) == {("USD", "2026-01-01")}
    assert keys(lost["price"], Reason.DAYS_TAKEN) == {("NVPILOT", "CLOUD", "2026-03-01")}
    assert keys(lost["product"], Reason.DUPLICATE_KEY) == {("P0043",)}
    assert [key[1] for key in keys(lost["revenue"], Reason.NULL_KEY)] == [NULL]
    # Of a chain of three resellers one is lost by its own fault; and of two renewals the first.
    assert len(keys(lost["channel_partner"], Reason.PARENT)) == 2
    assert "usage_event" not in lost and not set(lost) - {spec.target for spec in load("northgate").tables}


def test_rows_lost_counts_every_row_of_a_key_that_stands_twice(vendor: Urls) -> None:
    rows, lost = organisation.rows_lost(ORGANISATION, *vendor), organisation.unmigratable(ORGANISATION, *vendor)
    twice = {table: rows[table] - len(keys) for table, keys in lost.items() if rows[table] != len(keys)}
    booked = len(keys(lost["revenue"], Reason.DUPLICATE_KEY))
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
    assert set(tables(vendor[0])) - set(keyed.t) == {"rev_sch", "use_log"}
    assert _frame(vendor[0], "select * from use_log").duplicated().any()
    assert len(_frame(vendor[0], "select * from v_rnw_due")) > 10


def test_the_judge_agrees_with_pandas(vendor: Urls) -> None:
    source, target = vendor
    lost = organisation.unmigratable(ORGANISATION, source, target)

    licences = _frame(source, "select * from lic where lic_key is not null")
    wrong = licences[licences.lic_key.map(format_of).isna()]
    judged = keys(lost["licence"], Reason.CHECK, Reason.NO_FORMAT)
    assert judged == _uids("licence", wrong, "lic_no") and len(judged) == 4

    activations = _frame(source, "select act_no, lic_no from act union all select act_no, lic_no from act_arch")
    without = activations[activations.lic_no.isna()]
    assert {key[0] for key in keys(lost["activation"], Reason.NO_LICENCE)} == set(without.act_no.astype(str)) != set()

    names = _frame(source, "select * from cust where enc = 'L' and del_fl is distinct from 'T'")
    unreadable = names[northgate_reading.name("L" + names.nm).isna()]
    judged = keys(lost["organisation"], Reason.BAD_ENCODING)
    assert judged == _uids("organisation", unreadable, "cust_no") != set()

    gone = {key[0] for key in lost["organisation"]}
    users = _frame(source, "select co, usr_no, 'organisation:' || trim(co) || ':' || cust_no as of from usr")
    hanging = users[northgate_reading.uid(users["of"]).isin(gone)]
    assert keys(lost["app_user"], Reason.PARENT) == _uids("user", hanging, "usr_no") != set()


def test_the_mapping_is_right_by_itself_and_on_both_schemas(vendor: Urls) -> None:
    assert check_file("northgate") == []
    project = load("northgate")
    sides = (connect(url, name="northgate", timezone=project.timezone) for url in vendor)
    assert check_live(project, *sides) == []
    assert (project.source.connection, project.target.connection) == ("northgate_ems", "northgate_hub")
    assert sum(spec.older_than is not None for spec in project.tables) >= 2
    assert "password_hash" in project.table("app_user").sensitive
    mapped = {spec.target for spec in project.tables}
    assert mapped == set(tables(vendor[1])) - PARTITIONS - {"licence_template"} == set(northgate_expected.TABLES)


def test_the_quarantine_is_exactly_what_was_planted(migrated: Urls) -> None:
    found: dict[str, set[tuple[str, ...]]] = {}
    rows: dict[str, int] = {}
    for table, key, held in fetch(migrated[1], "select table_name, key, rows from golive.quarantine"):
        name = table.removeprefix("public.").partition("#")[0]
        found.setdefault(name, set()).add(tuple(NULL if part is None else part for part in key))
        rows[name] = rows.get(name, 0) + held
    assert found == {table: set(keys) for table, keys in organisation.unmigratable(ORGANISATION, *migrated).items()}
    assert rows == organisation.rows_lost(ORGANISATION, *migrated)


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
    lost = {key[0] for key in organisation.unmigratable(ORGANISATION, *migrated)["renewal"]}
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
