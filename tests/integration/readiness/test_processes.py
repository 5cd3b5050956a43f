"""Business processes: closed by query, and by their owners' word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import School, approve

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
