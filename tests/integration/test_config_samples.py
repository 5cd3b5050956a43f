"""What the sample organisations set up ahead arrives, and goes again without a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.dags.runs import digest
from tests.migration import rows

from golive.config_copy import check_live, compare, copy_area, lay_out, undo_area
from golive.databases import connect
from golive.demo import organisation
from golive.demo.start import ORGANISATIONS
from golive.project import load
from golive.readiness.areas import in_order
from golive.readiness.configuration import in_words, objections

PLANNED = {
    "riverside": {
        "code_tables": "4 inserted, 2 updated, 0 removed, 1 unchanged",
        "grading_scales": "6 inserted, 3 updated, 2 removed, 0 unchanged",
        "fee_codes": "1 inserted, 1 updated, 0 removed, 0 unchanged",
    },
    "northgate": {
        "products": "0 inserted, 1 updated, 0 removed, 0 unchanged",
        "price_books": "3 inserted, 0 updated, 0 removed, 3 unchanged",
        "licence_templates": "2 inserted, 1 updated, 0 removed, 0 unchanged",
    },
}
# Numbers are production's own, whatever they are in staging.
ARRIVED = {
    "riverside": (
        "select g.scale_id < 70, g.code, string_agg(mark, '' order by mark)"
        " from grading_scale g join grading_mark using (scale_id) group by 1, 2 order by 2",
        [(True, "LETTER", "ABCDF"), (True, "PASS", "FP")],
    ),
    "northgate": (
        "select t.code, p.name, t.seats from licence_template t join product p using (product_id) order by 1",
        [("CAMPUS", "Northgate Cloud Hub", 500), ("PILOT", "Northgate Cloud Hub", 10),
         ("TEAM", "Northgate Cloud Hub", 25)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ["riverside", "northgate"])
def test_a_sample_organisations_configuration(name: str, new_database: Callable[..., str]) -> None:
    project, staging_url, target_url = load(name), new_database("config"), new_database("target")
    organisation.make_staging(ORGANISATIONS[name], staging_url)
    organisation.make_target(ORGANISATIONS[name], target_url)
    staging, target = (connect(url, name="new", timezone=project.timezone) for url in (staging_url, target_url))
    assert check_live(project, staging, target) == []
    plans = lay_out(project, staging, target)
    found = compare(plans, staging, target)
    assert [line for each in found.values() for line in objections(project, each)] == []
    assert {area: in_words(each) for area, each in found.items()} == PLANNED[name]
    before = _everything(target_url)
    areas = [area.area for area in in_order(project) if area.copyable]
    for area in areas:
        copy_area(
            plans, area, staging, target, project=name, run="run", confirmed=found[area].snapshot, guard=lambda: None
        )
    query, arrived = ARRIVED[name]
    assert rows(target_url, query) == arrived
    assert all(each.changes == 0 for each in compare(plans, staging, target).values())
    for area in reversed(areas):
        undo_area(project, area, target, guard=lambda: None)
    assert _everything(target_url) == before


def _everything(url: str) -> dict[str, Any]:
    return {name: found for name, found in digest(url, without=("golive",)).items() if name != "settings"}
