"""Ledgers filled by hand for the stages of a roadmap: what the frame and the looks of a stage would have written."""

from __future__ import annotations

from typing import Any, Self

from golive.ledger import Entry, Ledger, digest
from golive.project import Project
from golive.project.files import parse
from golive.readiness.evidence import evidence_of

TEXT = """\
project: lakeside
title: Lakeside District
source: {connection: lakeside_old}
target: {connection: lakeside_new}
people:
  lead: [ruth]
  sponsor: {holders: [daniel], deputies: [ann]}
  go_live: [maria, tom]
  data_engineer: [ole]
  operations: [ann]
  registrar: [tom]
names: {ruth: Ruth Ames, daniel: Daniel Boyd, maria: Maria Diaz, tom: Tom Reed, ann: Ann Cole, ole: Ole Berg}
stages:
  - discover
  - onboard
  - {name: implement, due: 2026-08-01}
  - prework
  - data_finalization
  - final_migration
  - support
training:
  groups: {teachers: [ann, tom]}
  courses: [{name: grading, title: Grading in the new system, groups: [teachers]}]
tables: [{target: student, key: [student_id]}]
"""
MINUTES_TEXT = """\
# Success Agreement

| table | rows |
|---|---:|
| student | 219,200 |

## What is agreed

- The old system is **frozen** on the evening of the cut-over.
- See [the plan](https://example.org/plan).
"""


def project(text: str = TEXT) -> Project:
    return parse(text, "project.yaml", "lakeside")


class StageStory:
    """Writes one run of one stage, a method a thing; each returns itself, so that they can be told in a row."""

    def __init__(self, ledger: Ledger, stage: str, run_id: str = "manual__2026-06-01", of: str = "lakeside") -> None:
        self.ledger = ledger
        self.stage = stage
        self.project = of
        self.run = f"{of}.{stage}/{run_id}"

    def write(self, kind: str, payload: dict[str, Any], *, actor: str = "golive", **more: Any) -> Entry:
        given: dict[str, Any] = {
            "project": self.project,
            "stage": self.stage,
            "kind": kind,
            "actor": actor,
            "run": self.run,
            "payload": payload,
        }
        given |= more
        return self.ledger.append(**given)

    def opened(self) -> Self:
        self.write("stage", {"state": "opened", "reason": ""})
        return self

    def looked(self, task: str, says: str, *missing: str) -> Self:
        self.write("step", {"task": task, "says": says, "missing": list(missing)})
        return self

    def found(self, kind: str, evidence: dict[str, Any] | None = None, /, **payload: Any) -> Self:
        self.write(kind, payload, evidence=evidence)
        return self

    def asked(self, role: str, *people: str, question: str = "") -> Self:
        self.write(
            "approval",
            {
                "question": question or f"sign_off/{role}",
                "role": role,
                "verdict": "asked",
                "people": list(people),
                "evidence_hash": self._hash(),
            },
        )
        return self

    def answered(
        self,
        role: str,
        who: str,
        verdict: str = "approved",
        comment: str = "seen and in order",
        reason: str = "",
        question: str = "",
    ) -> Self:
        self.write(
            "approval",
            {
                "question": question or f"sign_off/{role}",
                "role": role,
                "verdict": verdict,
                "comment": comment,
                "reason": reason,
                "answers": {},
                "evidence_hash": self._hash(),
                "answered_at": "",
            },
            actor=who,
        )
        return self

    def closed(self) -> Self:
        self.write(
            "stage",
            {"state": "closed", "reason": ""},
            evidence=evidence_of(self.ledger, project(), self.stage, self.run),
        )
        return self

    def waived(self, stage: str, who: str, reason: str) -> Self:
        """A stage before this one is waived, as the run of this one opens."""
        self.write("stage", {"state": "waived", "reason": reason}, actor=who, stage=stage)
        return self

    def alarm(self, task: str, what: str, do: str = "Correct it, then clear this task.") -> Self:
        self.write(
            "alarm",
            {
                "title": f"{task} of {self.project}.{self.stage} failed",
                "what": what,
                "do": do,
                "table": "",
                "delivered": True,
            },
            once=f"alarm/{self.run}/{task}/1",
            run=None,
            stage=None,
        )
        return self

    def _hash(self) -> str:
        return digest(evidence_of(self.ledger, project(), self.stage, self.run))


def discovered(ledger: Ledger) -> StageStory:
    """A complete discover stage, with what it measures."""
    told = StageStory(ledger, "discover").opened()
    told.found("profile", {"secret": "1999-01-01"}, tables=25, rows=219_296, bytes=48_120_331, findings=3)
    told.looked("profile_source", "25 tables, 219,296 rows and 3 findings in the data.")
    for place, (what, level) in enumerate((("Two tables have no key", "high"), ("A cursor has no index", "low"))):
        told.found(
            "risk",
            id=f"data/{place}",
            what=what,
            likelihood="medium",
            impact=level,
            owner="data_engineer",
            mitigation="The sweep compares every row",
            review="2026-07-01",
            state="open",
            raised_by="system",
        )
    told.found("readiness", score=72, threshold=60, proposal="ready", says="72 of 100")
    told.looked("score_readiness", "The score is 72 of 100; 60 are needed.")
    return told.asked("lead", "ruth").answered("lead", "ruth").closed()


def onboarding(ledger: Ledger) -> StageStory:
    """An onboard stage that stops: two things are missing."""
    told = StageStory(ledger, "onboard").opened()
    told.looked(
        "check_team",
        "5 roles are held; 1 is not.",
        "Nobody holds the role registrar today. Ruth Ames (lead): name somebody under `people` in the project file,"
        " then clear check_team",
    )
    told.found(
        "third_party",
        name="library system",
        login="lib_ro",
        direction="out",
        protocol="jdbc",
        owner="",
        endpoint="",
        action="",
        declared=False,
        seen=True,
        clients=["10.0.0.7"],
        state="seen, not declared",
    )
    told.found(
        "third_party",
        name="bus routes",
        login="bus",
        direction="in",
        protocol="odbc",
        owner="operations",
        endpoint="",
        action="keep",
        declared=True,
        seen=True,
        clients=[],
        state="ok",
    )
    return told.looked(
        "compare_third_parties",
        "2 connections: 1 as declared, 1 seen and not declared.",
        "The login lib_ro reads student and is not declared. Ruth Ames (lead): declare it under `third_parties` in the"
        " project file, then clear compare_third_parties",
    )


def agreeing(ledger: Ledger) -> StageStory:
    """An implement stage that waits for one signature of two."""
    told = StageStory(ledger, "implement").opened()
    told.found("agreement", {"text": MINUTES_TEXT, "version": 2}, version=2, hash="a" * 64, changed=["+ rows: 219,200"])
    told.looked("render_agreement", "Version 2 of the Success Agreement; 1 line changed.")
    return told.asked("sponsor", "daniel", "ann").asked("lead", "ruth").answered("lead", "ruth")


def prepared(ledger: Ledger) -> StageStory:
    """A prework stage that is complete, with every table of its kind."""
    told = StageStory(ledger, "prework").opened()
    told.found(
        "training",
        person="ann",
        group="teachers",
        course="grading",
        state="passed",
        on="2026-06-02",
        material="7",
        by="golive",
    )
    told.found(
        "training",
        person="tom",
        group="teachers",
        course="grading",
        state="attended",
        on="2026-06-02",
        material="7",
        by="golive",
    )
    told.found("clean_up", rule="no_birth_date", side="source", open=12, owner="registrar")
    told.found(
        "issue",
        id="clean_up/no_birth_date",
        title="Students without a date of birth",
        severity="major",
        owner="registrar",
        state="open",
        says="12 are open.",
        **{"from": "clean_up"},
    )
    told.found(
        "area", area="grade_scales", owner="registrar", tables=["scale"], depends=[], state="confirmed", reason=""
    )
    told.found("process", process="attendance", open=0, owner="registrar", state="closed", says="None is open.")
    told.found("leftover", name="test_students", side="target", found=4, removed=4, state="removed")
    told.found(
        "criterion",
        id="trained",
        title="Everybody is trained",
        state="FAIL",
        says="1 of 2 has passed.",
        approver="",
        expires="",
        measured=True,
    )
    told.found("figure", name="open_a_class", value=180, limit=400, unit="ms", state="PASS")
    told.found(
        "meeting",
        what="Kick-off",
        on="2026-06-03",
        present=["ruth", "tom"],
        minutes="Agreed on the days.",
        missing=["sponsor"],
    )
    told.found("report", {"text": "# Training\n\nAnn has passed.\n"}, what="training", hash="b" * 64)
    told.looked("check_training", "1 of 2 people has passed every course.")
    return told.asked("lead", "ruth").answered("lead", "ruth").closed()
