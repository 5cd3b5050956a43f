"""The frozen mapping: what is compared, which lines are named, and when it is in force."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.integration.readiness.preparing import BASE, School
from tests.integration.readiness.site import Place

from golive.errors import NotPermitted
from golive.freeze import freeze, unfreeze
from golive.ledger import code
from golive.project import files
from golive.readiness.mapping import (
    changed,
    file_lines,
    freeze_mapping,
    judged_by,
    judged_otherwise,
    mapping_hash,
    refuse_another,
    standing,
    thaw,
    unfrozen,
)
from golive.readiness.stages import reopened, sentence

PASS = "data_validation_pre_final"
TEXT = BASE.replace(
    "tables: [{target: t}]",
    """\
stages: [data_validation_pre_final, final_migration]
tables:
  - target: pupil
    source: stu
    key: [pupil_id]
    columns: {pupil_id: id, name: trim(nm)}
""",
)
SUITE = {
    "name": "pupil.target",
    "meta": {"golive": {"side": "target", "table": "pupil"}},
    "expectations": [
        {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}, "meta": {"id": "some"}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "name"}, "meta": {"id": "named"}},
    ],
}


@pytest.fixture
def school(
    pair: tuple[str, str], new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> School:
    """A school whose project file and suites stand in folders of the test's own."""
    monkeypatch.setattr(files, "PROJECTS", tmp_path / "projects")
    monkeypatch.setattr(files, "EXPECTATIONS", tmp_path / "expectations")
    write_suite(SUITE)
    made = School(pair, new_database)
    made.on_source("create table stu (id int primary key, nm varchar(40) not null)")
    made.on_target("create table pupil (pupil_id int primary key, name text not null)")
    return made


def write_suite(suite: dict[str, object]) -> None:
    folder = files.suites_of("harbour")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pupil.target.json").write_text(json.dumps(suite))


def place(school: School, text: str = TEXT, *, stage: str = PASS, run: str = "test") -> Place:
    """The school as this text of its file has it; the file itself stands where messages look for lines."""
    file = files.file_of("harbour")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return school.place("", base=text, stage=stage, run=run)


def frozen(school: School) -> Place:
    """The last pass is complete, and its mapping in force."""
    at = place(school)
    at.keep(freeze_mapping(at), task="freeze_mapping")
    at.write("stage", {"state": "closed", "reason": ""})
    return at


def refusal(at: Place) -> str:
    with pytest.raises(NotPermitted) as refused:
        refuse_another(at)
    return refused.value.message


def test_what_stands_as_it_was_is_let_pass(school: School) -> None:
    at = frozen(school)
    entry = standing(at.ledger, at.project)
    assert entry is not None and changed(at, entry) == [] and unfrozen(at) is None
    refuse_another(at)


def judged(at: Place) -> None:
    """The verdicts of this run's pass."""
    payload = {"part": "tables", "lane": 1, "lanes": 1, "mapping": mapping_hash(at.plan)}
    at.write("checks", payload, evidence={"results": []})


def test_a_mapping_that_this_run_did_not_judge_is_not_frozen(school: School) -> None:
    judged(place(school))
    outcome = freeze_mapping(place(school, TEXT.replace("trim(nm)", "upper(nm)")))
    assert outcome.records == () and outcome.says == "The mapping is not frozen."
    assert any("judged another mapping than stands now: the project file changed since" in m for m in outcome.missing)
    assert all("or start a new run, which judges what stands now" in line for line in outcome.missing)
    assert freeze_mapping(place(school)).missing == ()
    school.on_target("alter table pupil alter name type varchar(90)")
    (missing,) = freeze_mapping(place(school)).missing
    assert "what the tables mean on both schemas changed since" in missing


def asked(at: Place, part: str) -> None:
    """The verdicts of a part of this run's pass, as its lane writes them."""
    payload = {"part": part, "lane": 1, "lanes": 1, "mapping": judged_by(at, part)}
    at.write("checks", payload, evidence={"results": []})


def test_suites_that_this_run_did_not_ask_are_not_frozen(school: School) -> None:
    at = place(school)
    asked(at, "suites")
    write_suite(SUITE | {"expectations": SUITE["expectations"][:1]})  # type: ignore[index]
    (missing,) = freeze_mapping(place(school)).missing
    assert "This run judged another mapping than stands now: a suite changed since." in missing
    write_suite(SUITE)
    assert freeze_mapping(place(school)).missing == ()


CORPUS = (
    TEXT
    + """\
comparisons:
  - {name: keys, kind: corpus, says: Keys work, owner: lead, file: keys.csv, command: [/bin/sh, check.sh]}
"""
)


def test_files_that_a_comparison_reads_and_runs_are_lines(school: School) -> None:
    place(school, CORPUS)
    folder = files.file_of("harbour").parent
    (folder / "keys.csv").write_text("key\nA\n")
    (folder / "check.sh").write_text("cat\n")
    at = place(school, CORPUS)
    asked(at, "comparisons")
    assert list(file_lines(at.project)) == ["keys.csv", "check.sh"]
    (folder / "keys.csv").write_text("key\nB\n")
    (missing,) = freeze_mapping(at).missing
    assert "a file that a comparison reads or runs changed since." in missing
    (folder / "keys.csv").write_text("key\nA\n")
    at.keep(freeze_mapping(at), task="freeze_mapping")
    at.write("stage", {"state": "closed", "reason": ""})
    refuse_another(at)
    (folder / "check.sh").write_text("true\n")
    assert "the file of a comparison check.sh was changed" in refusal(at)


def test_verdicts_of_the_frozen_mapping_count_as_long_as_no_line_of_it_changes(school: School) -> None:
    at = place(school)
    judged(at)
    frozen(school)
    checks = at.ledger.entries("harbour", kind="checks")
    assert judged_otherwise(place(school, TEXT.replace("[sue]", "[sam]"), stage="final_migration"), checks) == []
    (line,) = judged_otherwise(place(school, TEXT.replace("trim(nm)", "upper(nm)")), checks)
    assert "tables[pupil].columns.name was" in line
    # Those of another run were given under what was then the whole file.
    assert judged_otherwise(place(school), checks) == []
    at.write("checks", {"lane": 1, "lanes": 1}, evidence={"results": []}, run="harbour.prework/other")
    other = at.ledger.entries("harbour", kind="checks")[-1:]
    assert judged_otherwise(place(school, TEXT.replace("[sue]", "[sam]")), other) == ["the project file changed since"]


def test_it_is_in_force_only_once_the_pass_is_complete(school: School) -> None:
    at = place(school)
    at.keep(freeze_mapping(at), task="freeze_mapping")
    assert standing(at.ledger, at.project) is None and "is not complete" in str(unfrozen(at))
    refuse_another(place(school, TEXT.replace("trim(nm)", "upper(nm)")))


@pytest.mark.parametrize(
    ("side", "statement", "line"),
    [
        ("source", "alter table stu alter nm type text", "the source (harbour_old), public.stu: column nm was"),
        ("target", "alter table pupil alter name drop not null", 'was text not null, and is text'),
        ("target", "alter table pupil add born date", "public.pupil: column born is new: date"),
        ("target", "alter table pupil drop constraint pupil_pkey", "public.pupil: primary key pupil_pkey is gone"),
        ("target", "alter table pupil add check (name <> '')", "public.pupil: check pupil_name_check is new"),
        ("target", "create unique index once on pupil (name)", "public.pupil: unique index once is new"),
        ("source", "create type colour as enum ('red')", "public.colour: type is new: red"),
        ("source", "create view every as select id from stu", "public.every: view is new"),
    ],
)  # fmt: skip
def test_a_changed_schema_is_refused_by_its_line(school: School, side: str, statement: str, line: str) -> None:
    at = frozen(school)
    (school.on_source if side == "source" else school.on_target)(statement)
    assert line in refusal(at)


def test_what_changes_no_row_changes_no_line(school: School) -> None:
    at = frozen(school)
    school.on_source(
        "create index quick on stu (nm)", "create schema golive", "create table golive.own (id int)",
        "create function f() returns trigger language plpgsql as 'begin return new; end'",
        "create trigger t before insert on stu for each row execute function f()", "grant select on stu to public",
    )  # fmt: skip
    school.on_target(
        "alter table pupil add constraint known foreign key (pupil_id) references pupil not valid",
    )
    assert "foreign key known is new" in refusal(at)
    again = place(school, run="again")
    again.keep(freeze_mapping(again), task="freeze_mapping")
    again.write("stage", {"state": "closed", "reason": ""})
    # The migration itself validates constraints.
    school.on_target("alter table pupil validate constraint known")
    refuse_another(again)


def test_what_golive_itself_sets_up_changes_no_line(school: School) -> None:
    """Neither the freeze in the old system, nor checkpoints in the new one."""
    at = frozen(school)
    freeze(at.source, "harbour", limit_seconds=20, by="Ann")
    try:
        with at.target.session() as connection:
            at.target.state.prepare(connection)
        refuse_another(at)
    finally:
        unfreeze(at.source, "harbour")


def test_a_changed_line_of_the_project_file_is_named_with_its_number(school: School) -> None:
    frozen(school)
    text = TEXT.replace("trim(nm)", "upper(nm)")
    said = refusal(place(school, text, stage="older_data"))
    number = text.splitlines().index("    columns: {pupil_id: id, name: upper(nm)}") + 1
    assert f'project.yaml, line {number}, tables[pupil].columns.name was "trim(nm)", and is "upper(nm)"' in said
    assert "harbour.thaw, which two roles sign" in said


def test_what_people_do_may_change_at_any_time(school: School) -> None:
    frozen(school)
    refuse_another(place(school, TEXT.replace("sponsor: [sue]", "sponsor: [sam]"), stage="older_data"))


def test_a_changed_suite_is_named_with_its_expectation(school: School) -> None:
    at = frozen(school)
    named = {**SUITE["expectations"][1], "severity": "warning"}  # type: ignore[index]
    write_suite(SUITE | {"expectations": [SUITE["expectations"][0], named]})  # type: ignore[index]
    assert "the suite pupil.target.json: named was" in refusal(at)
    write_suite(SUITE)
    (files.suites_of("harbour") / "pupil.target.json").unlink()
    assert "the suite pupil.target.json: some is gone" in refusal(at)


def test_a_changed_line_of_code_is_named_with_its_file(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "golive" / "plan.py"
    module.parent.mkdir()
    module.write_text("ROWS = 1\n")
    monkeypatch.setattr(code, "code_files", lambda: code.files_of(module.parent))
    at = frozen(school)
    refuse_another(at)
    module.write_text("ROWS = 2\n")
    assert "Golive's own code, the file golive/plan.py was changed" in refusal(at)


def test_two_people_thaw_it_and_the_pass_is_due_again(school: School) -> None:
    at = frozen(school)
    with pytest.raises(NotPermitted, match="two people have to sign a thaw, and Ann signed as both"):
        thaw(at, "a wrong code", ("ann", "ann"))
    at.write("mapping", thaw(at, "a wrong code", ("sue", "otto")))
    at.write("stage", {"state": "reopened", "reason": "a wrong code"})
    assert standing(at.ledger, at.project) is None and "is not complete" in str(unfrozen(at))
    assert reopened(at.ledger, "harbour", PASS)
    assert "Due again since" in sentence(at.ledger, at.project, PASS)
    refuse_another(place(school, TEXT.replace("trim(nm)", "upper(nm)"), stage="older_data"))


def test_a_pass_that_was_complete_without_a_mapping_keeps_the_gate_shut(school: School) -> None:
    at = place(school)
    at.write("stage", {"state": "closed", "reason": ""})
    assert "no mapping was frozen" in str(unfrozen(at))
    at.write("stage", {"state": "waived", "reason": "late"}, actor="sue")
    assert unfrozen(at) is None


def test_partitions_come_and_go(school: School) -> None:
    school.on_source("create table log (day date) partition by range (day)")
    at = frozen(school)
    school.on_source("create table log_1 partition of log for values from ('2026-01-01') to ('2026-01-02')")
    refuse_another(at)


def test_evidence_is_every_line(school: School) -> None:
    at = frozen(school)
    entry = standing(at.ledger, at.project)
    assert entry is not None and entry.evidence_hash is not None
    lines = at.ledger.evidence(entry.evidence_hash)
    assert isinstance(lines, dict)
    assert lines["target"]["public.pupil: column name"] == "text not null"
    assert lines["file"]["tables[pupil].columns.name"] == '"trim(nm)"' and len(lines["code"]) > 100
    with psycopg.connect(school.source_url) as connection:
        assert connection.execute("show search_path").fetchone() == ('"$user", public',)
