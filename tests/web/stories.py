"""Ledgers filled by hand: what the tasks of a run would have written, up to a point."""

from __future__ import annotations

from typing import Any

from golive.ledger import Entry, Ledger

RUN = "riverside.final_migration/manual__2026-03-01T08:00:00+00:00_x"
OLDER = "riverside.older_data/scheduled__2026-02-20T01:00:00+00:00"
POSITION = "0/2A41F90"


class Story:
    """Writes one run's entries, a method a step; each returns itself, so that they can be told in a row."""

    def __init__(self, ledger: Ledger, run: str = RUN, project: str = "riverside") -> None:
        self.ledger = ledger
        self.run = run
        self.project = project
        self.shown: Entry | None = None

    def write(self, kind: str, payload: dict[str, Any], *, actor: str = "golive", **more: Any) -> Entry:
        given: dict[str, Any] = {
            "project": self.project, "stage": self.run.partition("/")[0].partition(".")[2], "kind": kind,
            "actor": actor, "run": self.run, "payload": payload, "project_hash": "p" * 64, "code_hash": "c" * 64,
        }
        given |= more
        return self.ledger.append(**given)

    def dry_run(self) -> Story:
        evidence = {
            "project": self.project, "rows": 4_310, "total": 219_296,
            "actions": [
                "freeze riverside_sms: 25 tables refuse every write, proven by rejected probes",
                "last increments: about 4,310 rows in 3 of 25 tables", "open the new system",
            ],
            "minutes": {"freeze": 1, "last increments": 2, "sweep": 3, "checks and sample": 3},
            "tables": [
                {"table": "school", "rows": 0, "total": 96, "says": "nothing new"},
                {"table": "student", "rows": 4_310, "total": 219_200, "says": "rows since the last increment"},
            ],
            "quarantine": quarantine(12), "quarantined": 12, "to_freeze": ["stu_master"], "plan": "f" * 64,
        }
        self.shown = self.write(
            "dry_run",
            {"rows": 4_310, "total": 219_296, "minutes": evidence["minutes"], "quarantined": 12, "hash": "h"},
            evidence=evidence,
        )
        return self

    def looked(self, *missing: str) -> Story:
        """The gate looked at the criteria."""
        self.write("step", {"task": "check_gate", "says": "Gate: 1 of 2 criteria pass.", "missing": list(missing)})
        return self

    def judged(
        self, name: str, state: str = "PASS", *, measured: bool = True, who: str = "golive", expires: str = "",
        says: str = "0 are open",
    ) -> Story:
        """A criterion as it was found, or signed."""
        self.write(
            "criterion",
            {"id": name, "title": f"The criterion {name}", "state": state, "says": says, "expires": expires,
             "approver": "" if measured else "operations", "measured": measured},
            actor=who, evidence=None if measured else {"criterion": name, "by": who},
        )
        return self

    def asked(self, question: str = "go_live", people: tuple[str, ...] = ("maria",)) -> Story:
        shown = self.shown.evidence_hash if self.shown else "e" * 64
        losses = {"quarantine": quarantine(656), "new": {"student": 644}} if question == "quarantine" else None
        self.write(
            "approval",
            {"question": question, "verdict": "asked", "evidence_hash": shown, "people": list(people)}, evidence=losses,
        )
        return self

    def answered(
        self, verdict: str, *, who: str = "maria", comment: str = "", reason: str = "", question: str = "go_live"
    ) -> Story:
        shown = self.shown.evidence_hash if self.shown else "e" * 64
        self.write(
            "approval",
            {"question": question, "verdict": verdict, "evidence_hash": shown, "comment": comment, "reason": reason,
             "answered_at": "2026-03-01 08:05:00+00:00"},
            actor=who,
        )
        return self

    def frozen(self) -> Story:
        record = {
            "project": self.project, "source": "riverside_sms", "by": "maria", "since": "2026-03-01T08:05:10+00:00",
            "mark": {"at": "2026-03-01T08:05:12+00:00", "position": POSITION, "seals": {}},
            "tables": ["stu_master", "sch"], "not_covered": ["sequence seq_stu: nextval passes"],
            "proof": {
                "roles": [{"role": "sms_app", "probed": 50, "rejected": 50}],
                "not_probed": ["role sms_admin: may not be assumed"], "catalogue": 25,
            },
            "waited_for": ["sms_app, pid 812, for 2 s"], "repaired": [], "seconds": 3,
        }
        self.write(
            "freeze",
            {"since": record["since"], "at": record["mark"]["at"], "position": POSITION, "tables": 25, "seconds": 3},
            evidence=record,
        )
        return self

    def unfrozen(self) -> Story:
        self.write("unfreeze", {"did": []}, actor="maria", run=None)
        return self

    def moved(self, what: str = "last increments", kind: str = "increment", **changed: Any) -> Story:
        sums = {
            "read": 4_310, "inserted": 3_000, "updated": 654, "unchanged": 0, "deleted": 0, "quarantined": 656,
            "undeleted": 0, "unfinished": 0, "seconds": 41, "lanes": 2,
        }
        sums |= changed
        facts = {"source": 219_200, "equal": 218_400, "target": 218_640} if kind == "sweep" else {}
        tables = [
            _table("student", {name: sums[name] for name in ("read", "inserted", "updated", "deleted")}, facts,
                   quarantined=sums["quarantined"], undeleted=sums["undeleted"], finished=not sums["unfinished"]),
            _table("school", {}, {"source": 96, "equal": 96, "target": 96} if kind == "sweep" else {}),
        ]
        self.write(
            kind, {"what": what, **sums},
            evidence={"what": what, "tables": tables, "quarantine": quarantine(sums["quarantined"])},
        )
        return self

    def swept(self, **changed: Any) -> Story:
        return self.moved("sweep of everything", "sweep", read=0, inserted=0, updated=0, **changed)

    def checked(self, lane: int = 1, lanes: int = 2, *, failing: int = 0) -> Story:
        results = [_result(name, table) for table in (f"table_{lane}", "school") for name in ("counts", "rows")]
        results += [_different(place) for place in range(failing)]
        counts = {"PASS": len(results) - failing, "FAIL": failing, "ERROR": 0, "VACUOUS": 0}
        self.write(
            "checks", {"lane": lane, "lanes": lanes, "verdict": "FAIL" if failing else "PASS", **counts},
            evidence={"results": results},
        )
        return self

    def sampled(self, verdict: str = "PASS") -> Story:
        examples = [_example()] if verdict == "FAIL" else []
        table = {
            "table": "student", "verdict": verdict, "says": f"21,930 rows match, {len(examples)} differ",
            "source_rows": 219_200, "target_rows": 218_640, "sampled": 21_930, "source_drawn": 21_930,
            "target_drawn": 21_880, "threshold": 410, "source_keys": "a", "target_keys": "b", "matching": 21_880,
            "different": len(examples), "missing": 0, "extra": 0, "quarantined": 50, "columns": {},
            "quarantined_keys": [], "examples": examples,
        }
        self.write(
            "sample", {"seed": 3_735_928_559, "percent": 10, "rows": 21_930, "verdict": verdict},
            evidence={"seed": 3_735_928_559, "percent": 10, "tables": [table], "verdict": verdict, "sampled": 21_930,
                      "says": "21930 of 219296 rows drawn with seed 3735928559: 21880 match"},
        )
        return self

    def opened(self) -> Story:
        self.write("opening", {"step": "project team", "approved_by": "maria"}, once="opening/project team")
        return self

    def summed(self) -> Story:
        totals = {
            "tables": 25, "rows": 219_296, "inserted": 218_640, "updated": 654, "deleted": 3, "quarantined": 656,
            "sampled": 21_930, "sample_percent": 10, "sample_verdict": "PASS", "seconds_frozen": 95,
        }
        lines = [
            {"table": name, "source": name, "inserted": rows, "updated": 0, "deleted": 0, "read": rows, "equal": rows,
             "rows": rows, "quarantined": held}
            for name, rows, held in (("student", 219_200, 656), ("school", 96, 0))
        ]
        evidence = {"project": self.project, "totals": totals, "tables": lines, "quarantine": quarantine(656)}
        self.write("summary", totals, evidence=evidence, once=f"{self.run}/summary")
        return self

    def alarm(self, task: str, what: str, do: str = "Correct it, then clear this task.") -> Story:
        self.write(
            "alarm",
            {"title": f"{task} of {self.run.partition('/')[0]} failed", "what": what, "do": do, "table": "",
             "delivered": True},
            once=f"alarm/{self.run}/{task}/4", run=None, stage=None,
        )
        return self

    def gone_live(self) -> Story:
        """From the first entry to the last."""
        told = self.dry_run().asked().answered("approved", comment="agreed with all heads").frozen().moved().swept()
        told.asked("quarantine").answered("approved", question="quarantine")
        return told.checked(1).checked(2).sampled().opened().summed()


def quarantine(rows: int) -> dict[str, Any]:
    if not rows:
        return {}
    return {
        "student": {
            "rows": rows,
            "reasons": [
                {"reason": "duplicate", "state": "", "detail": "", "rows": rows - 8},
                {"reason": "refused", "state": "22007", "detail": "birth_date", "rows": 8},
            ],
            "examples": [{"key": ["S-1001"], "reason": "duplicate", "state": ""}],
            "keys": ["0123456789abcdef"],
        }
    }


def _table(name: str, moved: dict[str, int], facts: dict[str, int], **left: Any) -> dict[str, Any]:
    sums = dict.fromkeys(("read", "inserted", "updated", "unchanged", "refused", "deleted"), 0) | moved
    return {
        "table": name, "increment": 1, "kind": "catch_up", "finished": True, "moved": sums, "quarantined": 0,
        "undeleted": 0, "facts": facts, "seconds": 41,
    } | left


def _result(check: str, table: str) -> dict[str, Any]:
    return {
        "check": check, "table": table, "verdict": "PASS", "says": "96 rows on both sides", "looked_at": 192,
        "diff": None, "evidence": {},
    }


def _different(place: int) -> dict[str, Any]:
    return {
        "check": "rows", "table": f"wrong_{place}", "verdict": "FAIL", "says": "95 rows match, 1 differ",
        "looked_at": 192,
        "diff": {"table": f"wrong_{place}", "matching": 95, "different": 1, "missing": 1, "extra": 1,
                 "examples": [_example(), {"key": ["7"], "source": {"name": "Ann"}, "target": None},
                              {"key": ["8"], "source": None, "target": {"name": "Bob", "note": None}}]},
        "evidence": {},
    }


def _example() -> dict[str, Any]:
    return {
        "key": ["S-77", "2026"], "source": {"grade": "7", "birth_date": "***"},
        "target": {"grade": None, "birth_date": "***"},
    }
