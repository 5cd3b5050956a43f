"""The risk register: high ones need an owner, wherever they come from; reviews are held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.integration.readiness.preparing import School
from tests.integration.readiness.site import Place

from golive.readiness import risks

RISK = """\
  - {id: %s, what: Two systems at once, likelihood: %s, impact: %s, owner: %s, mitigation: paper lists, review: %s}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def declared(
    *, name: str = "two", likelihood: str = "high", impact: str = "high", owner: str = "finance",
    review: str = "2026-06-01",
) -> str:  # fmt: skip
    return "risks:\n" + RISK % (name, likelihood, impact, owner, review)


def found_in_data(place: Place, **changes: Any) -> Mapping[str, Any]:
    risk = {
        "id": "orphans_public_kid", "what": "3 rows of kid have no parent", "likelihood": "high", "impact": "high",
        "owner": "", "mitigation": "Correct them", "review": "", "state": "open", "raised_by": "system", **changes,
    }  # fmt: skip
    place.write("risk", risk, stage="discover", run="harbour.discover/before")
    return risk


def test_a_high_risk_with_an_owner_is_what_sponsors_accept(school: School) -> None:
    place = school.place(declared(), stage="onboard")
    found = place.keep(risks.check_risks(place))
    assert found.missing == ()
    assert found.says == "1 risk: 1 open, 1 of them high, 0 accepted; high: Two systems at once (finance)."
    assert found.records[0].payload["owner"] == "finance" and found.records[0].payload["state"] == "open"


def test_a_high_risk_whose_owner_is_nobody_today_is_missing(school: School) -> None:
    place = school.place(declared(owner="vendor").replace("vendor", "buses"), stage="onboard", base=_with("buses: {}"))
    (missing,) = risks.check_risks(place).missing
    assert "nobody holds the role buses of its owner today: Two systems at once. Ann (lead): name a role" in missing


def test_a_high_risk_out_of_the_data_needs_an_owner(school: School) -> None:
    place = school.place("", stage="onboard")
    found_in_data(place)
    (missing,) = risks.check_risks(place).missing
    assert missing.startswith("The risk orphans_public_kid is high, and nobody owns it: 3 rows of kid have no parent.")


def test_the_file_takes_a_risk_of_the_data_over(school: School) -> None:
    place = school.place(declared(name="orphans_public_kid"), stage="onboard")
    found_in_data(place)
    found = risks.check_risks(place)
    assert found.missing == () and len(found.records) == 1
    assert found.records[0].payload["raised_by"] == "people"


@pytest.mark.parametrize("changes", [{"impact": "low"}, {"state": "accepted"}, {"state": "closed"}])
def test_what_is_not_high_or_not_open_needs_no_owner(school: School, changes: dict[str, str]) -> None:
    place = school.place("", stage="onboard")
    found_in_data(place, **changes)
    found = risks.check_risks(place)
    assert found.missing == () and len(found.records) == (changes.get("state") != "closed")


@pytest.mark.parametrize(("then", "now"), [("low", "medium"), ("medium", "high"), ("low", "high")])
@pytest.mark.parametrize("state", ["accepted", "closed"])
def test_a_risk_that_has_grown_in_the_file_is_open_again(school: School, then: str, now: str, state: str) -> None:
    before = school.place(declared(likelihood=then), stage="onboard")
    (record,) = risks.check_risks(before).records
    before.write("risk", {**record.payload, "state": state})
    assert risks.register(before)["two"]["state"] == state
    assert risks.register(school.place(declared(likelihood=now), stage="onboard"))["two"]["state"] == "open"


def test_a_risk_that_has_shrunk_stays_accepted(school: School) -> None:
    place = school.place(declared(likelihood="medium"), stage="onboard")
    found_in_data(place, id="two", state="accepted")
    assert risks.register(place)["two"]["state"] == "accepted"


def test_a_review_that_is_past_is_missing(school: School) -> None:
    place = school.place(declared(review="2026-05-31"), stage="onboard")
    (missing,) = risks.check_risks(place).missing
    assert missing == (
        "The risk two was to be reviewed on 2026-05-31. Fay (finance): review it, and set a new day under `risks`"
    )


@pytest.mark.parametrize(
    ("likelihood", "impact", "high"),
    [
        ("high", "high", True), ("high", "medium", True), ("medium", "high", True), ("high", "low", False),
        ("low", "high", False), ("medium", "medium", False),
    ],
)  # fmt: skip
def test_the_rule_of_a_high_risk(likelihood: str, impact: str, high: bool) -> None:
    assert risks.high({"likelihood": likelihood, "impact": impact}) is high


def _with(role: str) -> str:
    from tests.integration.readiness.preparing import BASE

    return BASE.replace("  finance: [fay]\n", f"  finance: [fay]\n  {role}\n")
