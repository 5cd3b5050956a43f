"""Configuration areas: each owner is asked once, and what was confirmed has to be ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, execute, run
from tests.migration import Migration

from golive.readiness.stages import complete

TEXT = small.TEXT.replace(
    "people: {go_live: [maria, tom]}\nstages: [final_migration]\n",
    """\
people: {lead: [lena], sponsor: [sam], finance: [fay], data_engineer: [daniel], operations: [omar], go_live: [maria]}
configuration:
  - {area: fees, title: Fees, owner: finance, tables: [fee], depends: [terms],
     not_ready: select 1 from fee where price is null}
  - {area: terms, owner: lead, tables: [term]}
  - {area: printers, title: Printers, owner: operations, copyable: false}
stages: [config_copy]
""",
)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    """Three areas, of which one is never copied."""
    small.make(*pair)
    execute(pair[1], "create table fee (id int, price int)", "insert into fee values (1, null)")
    return migration("harbour", TEXT, *pair)


def owners(detail: Any) -> None:
    task = detail.task_instance.task_id
    fields = {"state": "confirmed"} if task.startswith("confirm_") else {}
    answer("fay" if task == "confirm_fees" else "lena", "Approve", comment="so it is", **fields)(detail)


def test_owners_confirm_what_is_ready_and_the_stage_closes(harbour: Migration) -> None:
    ran = run(harbour, "config_copy", answer=owners)
    assert ran.state == "failed"
    assert "fees is confirmed, and 1 thing in it is not ready. fay (finance)" in ran.error("settle_areas")
    assert "confirm_printers" not in ran.states
    execute(harbour.target_url, "update fee set price = 1")
    ran = again(harbour, "config_copy", ran.run_id, "settle_areas", answer=owners)
    assert ran.state == "success", ran.errors
    assert (
        ran.said["settle_areas"] == "Configuration: 2 of 3 areas confirmed. By hand at go-live: Printers (operations)."
    )
    with harbour.ledger as book:
        assert complete(book, "harbour", "config_copy") is not None
        standing = {e.payload["area"]: e.payload["state"] for e in book.latest("harbour", "area", by=("area",))}
    assert standing == {"fees": "confirmed", "terms": "confirmed", "printers": "not copyable"}


def test_an_answer_that_the_form_does_not_offer_counts_for_nothing(harbour: Migration) -> None:
    def anything(detail: Any) -> None:
        answer("fay", "Approve", comment="well", state="perhaps")(detail)

    ran = run(harbour, "config_copy", answer=anything)
    assert ran.state == "failed" and "'perhaps'" in ran.error("confirm_fees")
    with harbour.ledger as book:
        assert complete(book, "harbour", "config_copy") is None
