"""Business processes: closed by query, and by their owners' word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import BASE, School, approve

from golive.readiness.processes import attesting, check_processes, owners, settle_processes, to_attest

PROCESSES = """\
processes:
  - {name: payroll, title: Payroll, owner: finance, query: select id from pay where not closed}
  - {name: orders, title: Orders in flight, owner: finance, query: select id from orders, side: target}
  - {name: term, title: The term, owner: lead, query: select 1 where false}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    made = School(pair, new_database)
    made.on_source("create table pay (id int, closed bool)", "insert into pay values (1, true), (2, false), (3, false)")
    made.on_target("create table orders (id int)")
    return made


def test_nothing_declared(school: School) -> None:
    place = school.place("", stage="data_finalization")
    assert not (check_processes(place).missing or settle_processes(place).missing)


def test_an_open_process_is_missing_and_a_closed_one_is_not(school: School) -> None:
    place = school.place(PROCESSES, stage="data_finalization")
    outcome = place.keep(check_processes(place))
    (missing,) = outcome.missing
    assert missing == (
        "The business process Payroll is not closed: 2 open in the source. Fay (finance): close it, then clear"
        " check_processes"
    )
    assert outcome.says == "2 of 3 business processes closed."
    school.on_source("update pay set closed = true")
    assert check_processes(place).missing == ()
    school.on_target("insert into orders values (1)")
    (missing,) = check_processes(place).missing
    assert "Orders in flight is not closed: 1 open in the target" in missing


def test_a_query_that_fails_is_no_zero(school: School) -> None:
    school.on_source("drop table pay")
    place = school.place(PROCESSES, stage="data_finalization")
    outcome = check_processes(place)
    (missing,) = outcome.missing
    assert "Payroll is not known to be closed" in missing and 'relation "pay" does not exist' in missing
    assert (outcome.records[0].payload["state"], outcome.records[0].payload["open"]) == ("ERROR", None)


def test_every_owner_states_it_once_for_all_of_theirs_and_it_is_looked_at_again(school: School) -> None:
    school.on_source("update pay set closed = true")
    place = school.place(PROCESSES, stage="data_finalization")
    assert owners(place.project) == ("finance", "lead")
    place.keep(check_processes(place))
    evidence = to_attest(place, "finance")
    assert [(each["process"], each["state"]) for each in evidence["processes"]] == [
        ("payroll", "closed"),
        ("orders", "closed"),
    ]
    approve(place, attesting("finance"), evidence, "fay")
    (missing,) = settle_processes(place).missing
    assert "Ann (lead) did not state in this run" in missing and "attest_as_lead" in missing
    approve(place, attesting("lead"), to_attest(place, "lead"), "ann")
    outcome = settle_processes(place)
    assert outcome.missing == ()
    assert [r.payload["by"] for r in outcome.records if r.kind == "attestation"] == ["fay", "ann"]
    # A later no takes it back, and so does a process that was opened again.
    place.write("approval", {"question": attesting("lead"), "verdict": "rejected"}, actor="ann")
    school.on_source("insert into pay values (4, false)")
    opened, taken_back = settle_processes(place).missing
    assert "Payroll is not closed: 1 open" in opened and "Ann (lead) did not state" in taken_back


@pytest.mark.parametrize(
    "now",
    [
        PROCESSES + "  - {name: shop, title: The shop, owner: finance, query: select 1 where false}\n",
        PROCESSES.replace("where not closed", "where false"),
    ],
)
def test_a_word_counts_for_the_processes_that_it_was_given_about(school: School, now: str) -> None:
    school.on_source("update pay set closed = true")
    place = school.place(PROCESSES, stage="data_finalization")
    place.keep(check_processes(place))
    for role, person in (("finance", "fay"), ("lead", "ann")):
        approve(place, attesting(role), to_attest(place, role), person)
    assert settle_processes(place).missing == ()
    (missing,) = settle_processes(school.place(now, stage="data_finalization")).missing
    assert "Fay (finance) did not state in this run" in missing and "start a new run, which asks" in missing


def test_a_word_about_what_was_shown_as_open_states_nothing(school: School) -> None:
    place = school.place(PROCESSES, stage="data_finalization")
    place.keep(check_processes(place))
    approve(place, attesting("finance"), to_attest(place, "finance"), "fay")
    school.on_source("update pay set closed = true")
    assert any("Fay (finance) did not state" in line for line in settle_processes(place).missing)


def test_the_word_of_somebody_who_does_not_own_them_any_more_is_none(school: School) -> None:
    school.on_source("update pay set closed = true")
    place = school.place(PROCESSES, stage="data_finalization")
    place.keep(check_processes(place))
    for role, person in (("finance", "fay"), ("lead", "ann")):
        approve(place, attesting(role), to_attest(place, role), person)
    left = school.place(PROCESSES, stage="data_finalization", base=BASE.replace("finance: [fay]", "finance: [otto]"))
    (missing,) = settle_processes(left).missing
    assert "otto (finance) did not state" in missing and "Clear attest_as_finance, which asks" in missing
