"""What ships with the sample organisations: suites that find every planted defect and nothing else, and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from tests.conftest import databases
from tests.integration.organisations import keys
from tests.moving import fetch, free

from golive import plan as planning
from golive.databases import Database, connect
from golive.demo import northgate, organisation, riverside
from golive.demo.organisation import Organisation
from golive.project import Project, load
from golive.project.suites import Suite, load_suites
from golive.results import CheckResult, Severity, Verdict
from golive.transfer import Mode, open_increments, settle, work
from golive.validation.comparisons import comparisons_of, run_comparisons
from golive.validation.expectations import run_suites
from golive.validation.failing import FailingKeys

SEED = 7

# Of each table of the old system: the key of its rows, and the key by which each target table has them.
Rows = dict[str, tuple[str, dict[str, str]]]

_CUSTOMER = "upper(trim(co)) || ':' || cust_no"
RIVERSIDE: Rows = {
    "sch": ("sch_cd", {"school": "trim(sch_cd)"}),
    "cal_day": ("sch_cd, cal_dt", {"calendar_day": "trim(sch_cd), cal_dt"}),
    "stf": ("stf_id", {"staff": "stf_id"}),
    "tchr": ("stf_id", {"teacher_certificate": "stf_id"}),
    "crs": ("crs_cd, yr", {"course": "upper(trim(crs_cd)), yr"}),
    "sect": ("sch_cd, yr, sect_no", {"section": "trim(sch_cd), yr, sect_no"}),
    "stu_master": ("stu_id", {"student": "stu_id", "student_contact": "stu_id"}),
    "stu_addr": (
        "stu_id, addr_typ, eff_dt",
        {
            "student_address": "stu_id, case upper(addr_typ) when 'H' then 'home' when 'M' then 'mailing'"
            " else addr_typ end, eff_dt"
        },
    ),
    "guardn": ("g_cd", {"guardian": "upper(trim(g_cd))"}),
    "stu_guardn": ("stu_id, g_cd", {"student_guardian": "stu_id, upper(trim(g_cd))"}),
    "enrl": ("stu_id, sch_cd, yr, sect_no", {"enrollment": "stu_id, trim(sch_cd), yr, sect_no"}),
    "grd": ("grd_id", {"grade": "grd_id"}),
    "att_day": ("stu_id, att_dt", {"attendance": "stu_id, att_dt"}),
    "att_arch": ("stu_id, att_dt", {"attendance": "stu_id, att_dt"}),
    "fee_trx": ("trx_no", {"fee_transaction": "trx_no"}),
    "stu_bus": ("stu_id", {"ride": "stu_id"}),
    "hlth": ("stu_id, seq", {"health_note": "stu_id, seq"}),
    "disc_inc": ("inc_id", {"student_note": "'incident', inc_id"}),
    "note_stu": ("note_id", {"student_note": "'note', note_id"}),
}
NORTHGATE: Rows = {
    "fx_rt": ("cur, per", {"exchange_rate": "cur, to_date(per, 'YYYYMM')"}),
    "prod": ("prod_cd", {"product": "upper(trim(prod_cd))"}),
    "prod_map": ("old_cd", {"product_alias": "trim(old_cd)"}),
    "pbk_ln": ("pb_cd, prod_cd, vf_ts", {"price": "trim(pb_cd), trim(prod_cd), to_timestamp(vf_ts)::date"}),
    "rslr": ("co, rs_no", {"channel_partner": "md5('partner:' || trim(co) || ':' || rs_no)::uuid"}),
    "cust": (
        "co, cust_no",
        dict.fromkeys(("organisation", "organisation_billing"), f"md5('organisation:' || {_CUSTOMER})::uuid"),
    ),
    "cust_cont": ("co, cust_no, seq", {"contact": "'organisation', trim(co), cust_no, seq"}),
    "rslr_cont": ("co, rs_no, seq", {"contact": "'partner', trim(co), rs_no, seq"}),
    "usr": ("co, usr_no", {"app_user": "md5('user:' || trim(co) || ':' || usr_no)::uuid"}),
    "ord_hd": ("co, ord_no", {"sales_order": "trim(co), ord_no"}),
    "ord_ln": ("co, ord_no, ln_no", {"order_line": "trim(co), ord_no, ln_no"}),
    "rev_sch": (
        "co, ord_no, ln_no, per",
        {"revenue": "trim(co), ord_no, ln_no, left(per, 4) || '-' || right(per, 2)"},
    ),
    "ent": ("co, ent_no", {"entitlement": "md5('entitlement:' || trim(co) || ':' || ent_no)::uuid"}),
    "lic": ("co, lic_no", {"licence": "md5('licence:' || trim(co) || ':' || lic_no)::uuid"}),
    "act": ("act_no", {"activation": "act_no, to_timestamp(act_ts)::date"}),
    "act_arch": ("act_no", {"activation": "act_no, to_timestamp(act_ts)::date"}),
    "rnw": ("co, rnw_no", {"renewal": "md5('renewal:' || trim(co) || ':' || rnw_no)::uuid"}),
}

# Read from a union, of whose columns any may be sensitive: no part of these keys is shown.
MASKED = {"disc_inc", "note_stu", "cust_cont", "rslr_cont"}


@dataclass
class Shipped:
    """An organisation with freshly made data, and what its suites and comparisons say of it."""

    of: Organisation
    rows: Rows
    urls: tuple[str, str]
    project: Project
    suites: tuple[Suite, ...]
    kept: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    moves: int = 0

    @property
    def databases(self) -> dict[str, Database]:
        names = {"source": self.urls[0], "target": self.urls[1]}
        return {side: connect(url, name=side, timezone=self.project.timezone) for side, url in names.items()}

    def keep(self, failing: FailingKeys) -> str:
        self.kept[failing.name] = list(failing.rows)
        return failing.name

    def asked(self, side: str) -> list[CheckResult]:
        suites = [suite for suite in self.suites if suite.side == side]
        return run_suites(suites, self.databases, "pre_final", self.keep, b"")

    def compared(self) -> list[CheckResult]:
        both = self.databases
        return run_comparisons(self.project, both["source"], both["target"], "go_live", self.keep, b"")

    def move(self) -> None:
        """All of it, as the last increments would; the second time as a sweep."""
        both = self.databases
        plan = planning.build(self.project, both["source"], both["target"])
        mode = Mode.SWEEP if self.moves else Mode.CATCH_UP
        self.moves += 1
        open_increments(plan, both["source"], both["target"], mode=mode, run=f"run {self.moves}")
        work(plan, both["source"], both["target"], lane=1, run=f"run {self.moves}", guard=free)
        settle(plan, both["source"], both["target"], run=f"run {self.moves}", guard=free)

    def planted(self) -> dict[str, dict[tuple[str, ...], str]]:
        """Per table of the old system: the keys of the rows with a fault of their own, and which it is."""
        own = {
            table: {key: reason for key, reason in lost.items() if reason != self.of.reasons("parent")}
            for table, lost in organisation.unmigratable(self.of, *self.urls).items()
        }
        planted: dict[str, dict[tuple[str, ...], str]] = {}
        for table, (key, targets) in self.rows.items():
            for target, becomes in targets.items():
                if target in own:
                    for row, arrived in fetch(self.urls[0], _query(table, key, becomes)):
                        reason = own[target].get(tuple(arrived))
                        if reason is not None:
                            planted.setdefault(table, {})[tuple(row)] = reason
        return planted


@pytest.fixture(scope="module", params=[(riverside, RIVERSIDE), (northgate, NORTHGATE)], ids=["riverside", "northgate"])
def shipped(request: pytest.FixtureRequest, server_url: Callable[[str], str]) -> Iterator[Shipped]:
    package, rows = request.param
    of = package.ORGANISATION
    with databases(server_url) as make:
        urls = make("source"), make("target")
        organisation.make_source(of, urls[0], size=of.least, seed=SEED)
        organisation.make_target(of, urls[1])
        yield Shipped(of, rows, urls, load(of.name), load_suites(of.name))


@pytest.fixture(scope="module")
def fresh(shipped: Shipped) -> list[CheckResult]:
    """What the suites of the source say before anybody cleaned."""
    return shipped.asked("source")


@pytest.fixture(scope="module")
def moved(shipped: Shipped, fresh: list[CheckResult]) -> Shipped:
    """The same, once it has moved with everything that can."""
    shipped.move()
    return shipped


def test_what_is_critical_in_the_source_is_what_was_planted_and_nothing_else(
    shipped: Shipped, fresh: list[CheckResult]
) -> None:
    planted = shipped.planted()
    assert {result.verdict for result in fresh} == {Verdict.PASS, Verdict.FAIL}, [
        (result.name, result.says) for result in fresh if result.verdict not in (Verdict.PASS, Verdict.FAIL)
    ]
    found: dict[str, list[tuple[str, ...]]] = {}
    for result in _critical(fresh):
        found.setdefault(str(result.table).removesuffix(".source"), []).extend(shipped.kept[result.name])
    for table in shipped.rows:
        if table in MASKED:
            shown = {"***"} == {part for key in found.get(table, []) for part in key} or table not in found
            assert shown and len(found.get(table, [])) == len(planted.get(table, {})), table
        else:
            assert set(found.get(table, [])) == set(planted.get(table, {})), table
    assert set(found) == set(planted)


def test_every_class_of_defect_is_found_by_an_expectation_of_its_table(
    shipped: Shipped, fresh: list[CheckResult]
) -> None:
    lost = organisation.unmigratable(shipped.of, *shipped.urls)
    reasons = set(shipped.of.reasons) - {shipped.of.reasons("parent")}
    assert {reason for table in lost for reason in lost[table].values()} - {shipped.of.reasons("parent")} == reasons
    for table, planted in shipped.planted().items():
        named = [each for each in _critical(fresh) if each.table == f"{table}.source"]
        for reason in set(planted.values()):
            of_reason = {("***",) * len(key) if table in MASKED else key for key in keys(planted, reason)}
            assert any(of_reason & set(shipped.kept[result.name]) for result in named), (table, reason)


def test_each_suite_has_owners_of_the_project_and_opportunities_are_found_too(
    shipped: Shipped, fresh: list[CheckResult]
) -> None:
    roles = set(shipped.project.people)
    assert {expectation.owner for suite in shipped.suites for expectation in suite.expectations} <= roles
    light = {result.severity for result in fresh if result.verdict is Verdict.FAIL}
    assert light == {Severity.CRITICAL, Severity.MAJOR, Severity.OPPORTUNITY}


@pytest.mark.parametrize("shipped", [(northgate, NORTHGATE)], ids=["northgate"], indirect=True)
def test_what_sales_left_empty_is_found_row_by_row_and_blocks_nothing(
    shipped: Shipped, fresh: list[CheckResult]
) -> None:
    (quoted,) = (result for result in fresh if result.check == "renewal_quoted")
    assert (quoted.verdict, quoted.severity) == (Verdict.FAIL, Severity.OPPORTUNITY)
    empty = fetch(
        shipped.urls[0],
        "select co::text, rnw_no::text from rnw where stat = 'P' and (quote is null or trim(quote) = '')",
    )
    assert empty and sorted(shipped.kept[quoted.name]) == sorted(empty)


def test_on_what_arrived_nothing_critical_fails(moved: Shipped) -> None:
    results = moved.asked("target")
    assert [(result.name, result.says) for result in results if result.verdict is not Verdict.PASS and
            result.severity is Severity.CRITICAL] == []  # fmt: skip
    assert not [result for result in results if result.verdict in (Verdict.ERROR, Verdict.VACUOUS)]


def test_the_comparisons_agree_in_spite_of_what_cannot_move(moved: Shipped) -> None:
    results = moved.compared()
    assert [result.check for result in results] == [each.name for each in moved.project.comparisons]
    assert [
        (result.says, moved.kept.get(result.name)) for result in results if result.verdict is not Verdict.PASS
    ] == []


def test_totals_are_compared_at_the_go_live_alone_when_all_rows_have_crossed(shipped: Shipped) -> None:
    names = {
        moment: {each.name for each in comparisons_of(shipped.project, moment)} for moment in ("pre_final", "go_live")
    }
    totals = {each.name for each in shipped.project.comparisons if each.kind == "totals"}
    assert names["go_live"] - names["pre_final"] == totals != set() and names["pre_final"] < names["go_live"]


def test_people_clean_between_the_passes_and_one_finding_comes_back(moved: Shipped, fresh: list[CheckResult]) -> None:
    """The last of this file: it changes the data."""
    before = {result.name for result in _critical(fresh)}
    organisation.clean(moved.of, moved.urls[0], seed=SEED, after="initial")
    after_first = {result.name for result in _critical(moved.asked("source"))}
    organisation.clean(moved.of, moved.urls[0], seed=SEED, after="mid_cycle")
    after_second = {result.name for result in _critical(moved.asked("source"))}
    assert after_first < before and len(after_first) <= moved.project.validation.mid_cycle.critical
    (slip,) = after_second - after_first
    assert slip in before and len(after_second) < len(after_first)

    moved.move()
    assert _quarantined(moved) == {
        (table, key) for table, keys in organisation.unmigratable(moved.of, *moved.urls).items() for key in keys
    }
    assert [result.says for result in moved.compared() if result.verdict is not Verdict.PASS] == []


def _quarantined(moved: Shipped) -> set[tuple[str, tuple[str, ...]]]:
    held = fetch(moved.urls[1], "select table_name, key from golive.quarantine")
    return {
        (
            table.removeprefix("public.").split("#")[0],
            tuple(organisation.NULL if part is None else part for part in key),
        )
        for table, key in held
    }


def _critical(results: list[CheckResult]) -> list[CheckResult]:
    return [each for each in results if each.severity is Severity.CRITICAL and each.verdict is Verdict.FAIL]


def _query(table: str, key: str, becomes: str) -> str:
    """Every row of a table: its key there, and the one in the target, each as a list of texts."""
    return f"select {_texts(key)}, {_texts(becomes)} from {table}"


def _texts(columns: str) -> str:
    depth, parts, part = 0, [], ""
    for character in columns:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            parts, part = [*parts, part], ""
        else:
            part += character
    return "array[" + ", ".join(f"coalesce(({each})::text, 'NULL')" for each in [*parts, part]) + "]"
