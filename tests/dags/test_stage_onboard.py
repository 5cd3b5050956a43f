"""<project>.onboard: a whole register closes under one hash, and every hole in it is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags import small
from tests.dags.runs import again, answer, digest, run
from tests.migration import Migration

from golive.project import files
from golive.readiness.stages import State, standing

STAGE = """\
people:
  lead: [lena]
  sponsor: [sam]
  data_engineer: [daniel]
  operations: [omar]
  go_live: [maria, tom]
  finance: [fay]
stages:
  - name: onboard
    checklist:
      - {id: kickoff, what: The kick-off was held.}
      - {id: photo, what: A photo was taken., mandatory: false}
departments:
  - name: office
    head: finance
    obligations: [{what: Close the books, owner: finance}]
third_parties:
  - {name: Buses, login: bus, direction: out, protocol: SQL, owner: finance, action: retire}
risks:
  - {id: two_systems, what: Two systems at once, likelihood: high, impact: medium, owner: finance,
     mitigation: paper lists, review: 2099-12-31}
"""
TEXT = small.TEXT.replace("people: {go_live: [maria, tom]}\nstages: [final_migration]\n", STAGE)
YES = answer("sam", "Approve", comment="accepted", item_kickoff=True)


@pytest.fixture
def harbour(migration: Callable[..., Migration], pair: tuple[str, str]) -> Migration:
    small.make(*pair)
    return migration("harbour", TEXT, *pair)


def entries(migration: Migration, kind: str) -> list[Any]:
    with migration.ledger as book:
        return book.entries("harbour", kind=kind)


def test_sponsors_accept_the_registers_which_close_under_one_hash(harbour: Migration) -> None:
    before = digest(harbour.source_url), digest(harbour.target_url)
    forms = []

    def read_and_agree(detail: Any) -> None:
        forms.append(detail.body)
        YES(detail)

    ran = run(harbour, "onboard", answer=read_and_agree)
    assert ran.state == "success", ran.errors
    (form,) = forms
    assert "Tick what is done, by your word:\n\n- The kick-off was held.\n- A photo was taken.\n\n" in form
    assert (digest(harbour.source_url), digest(harbour.target_url)) == before
    with harbour.ledger as book:
        assert standing(book, harbour.project)[0].state is State.COMPLETE
        (closed,) = [e for e in book.entries("harbour", kind="stage") if e.payload["state"] == "closed"]
        snapshot: Any = book.evidence(closed.evidence_hash)
    assert snapshot["checklist"] == [
        {"id": "kickoff", "what": "The kick-off was held.", "version": "1", "mandatory": True},
        {"id": "photo", "what": "A photo was taken.", "version": "1", "mandatory": False},
    ]
    found = {(each["kind"], each["payload"].get("what")) for each in snapshot["found"]}
    assert {("report", "role register"), ("report", "impact map"), ("risk", "Two systems at once")} <= found
    assert {kind for kind, _ in found} == {"report", "risk", "third_party", "sizing", "step"}
    (sized,) = entries(harbour, "sizing")
    assert (sized.payload["rows"], sized.payload["complexity"]) == (small.FAMILIES + small.CHILDREN, "low")
    (party,) = entries(harbour, "third_party")
    assert party.payload["state"] == "declared, not seen"
    asked, signed = entries(harbour, "approval")
    assert (asked.payload["verdict"], asked.payload["people"]) == ("asked", ["sam"])
    assert (signed.actor, signed.payload["answers"]) == ("sam", {"item_kickoff": True})


def test_an_item_that_nobody_ticked_keeps_the_stage_open_until_it_is(harbour: Migration) -> None:
    unticked = answer("sam", "Approve", comment="the rest is well", item_kickoff=False, item_photo=True)
    ran = run(harbour, "onboard", answer=unticked)
    assert (ran.state, ran.states["sign_as_sponsor"]) == ("failed", "success")
    assert (
        "- nobody ticked 'The kick-off was held.' (kickoff). Once it is done, clear sign_as_sponsor, which asks again"
        in ran.error("close_stage")
    )
    assert "A photo" not in ran.error("close_stage")
    ran = again(harbour, "onboard", ran.run_id, "sign_as_sponsor", answer=YES)
    assert ran.state == "success", ran.errors


@pytest.mark.parametrize(
    ("old", "new"),
    [("The kick-off was held.", "The kick-off was held by video."), ("held.}", 'held., version: "2"}')],
    ids=["text", "version"],
)
def test_an_item_that_changed_after_its_tick_has_to_be_ticked_again(harbour: Migration, old: str, new: str) -> None:
    assert old in TEXT

    def change() -> None:
        (files.PROJECTS / "harbour" / "project.yaml").write_text(TEXT.replace(old, new))

    ran = run(harbour, "onboard", answer=YES, before={"close_stage": change})
    assert ran.state == "failed" and "the word of sponsor is void: what was found changed" in ran.error("close_stage")
    ran = run(harbour, "onboard", answer=answer("sam", "Approve", comment="accepted"))
    assert ran.state == "failed" and "nobody ticked" in ran.error("close_stage")


def test_every_hole_is_named_and_the_run_goes_on_once_it_is_filled(harbour: Migration) -> None:
    """Each look fails by itself; nobody is asked to sign before all of them are well."""
    file = files.PROJECTS / "harbour" / "project.yaml"
    file.write_text(TEXT.replace("finance: [fay]", "finance: {}").replace("operations: [omar]", "operations: []"))
    ran = run(harbour, "onboard", answer=YES)
    assert ran.state == "failed" and ran.states["sign_as_sponsor"] == "upstream_failed"
    assert "Nobody is named for the role operations" in ran.error("check_team")
    assert "Nobody is named for the role finance" in ran.error("check_team")
    assert "nobody answers for 'Close the books'" in ran.error("check_departments")
    assert "The risk two_systems is high, and nobody holds the role finance" in ran.error("check_risks")
    file.write_text(TEXT)
    # The last of these found nothing missing, but in another project file.
    looks = ("check_team", "check_departments", "check_risks", "compare_third_parties")
    ran = again(harbour, "onboard", ran.run_id, *looks, answer=YES)
    assert ran.state == "success", ran.errors


def test_the_lead_names_who_owns_the_risks_that_the_data_raised(harbour: Migration) -> None:
    found = {
        "id": "data_orphans", "what": "12 children have no family", "likelihood": "high", "impact": "medium",
        "owner": "", "mitigation": "", "review": "", "state": "open", "raised_by": "system",
    }  # fmt: skip
    with harbour.ledger as book:
        book.append(project="harbour", kind="risk", actor="golive", payload=found)

    def both(detail: Any) -> None:
        if detail.task_instance.task_id == "own_risks":
            answer("lena", "Approve", comment="the office knows them", owner="finance")(detail)
        else:
            YES(detail)

    unnamed = run(harbour, "onboard", answer=answer("lena", "Approve", comment="somebody", owner=""))
    assert "'Role that owns them' was not filled in" in unnamed.error("own_risks")
    marked = run(harbour, "onboard", answer=YES, marked="own_risks")
    assert "The risk data_orphans is high, and nobody owns it" in marked.error("check_risks")
    ran = run(harbour, "onboard", answer=both)
    assert ran.state == "success", ran.errors
    owned = [entry for entry in entries(harbour, "risk") if entry.payload["id"] == "data_orphans"][-1]
    assert owned.payload["owner"] == "finance"
