"""Who has to learn what, by when, and who has: group by person by course.

A course is done by whoever attended it, passed it, or of whom the group's leader attested it. It is due
so many days before go-live; until then it keeps nothing open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders, last_answer, open_things
from golive.readiness.calendar import calendar_of
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project import Project
    from golive.project.preparing import Course, Exercise
    from golive.readiness.site import Site

DONE = ("attended", "attested", "passed")


@dataclass(frozen=True, slots=True)
class Due:
    """What one person of one group has to learn; ``state`` is empty until it is done, ``due`` None without a date."""

    person: str
    group: str
    course: str
    due: date | None
    state: str = ""
    on: str = ""

    def over(self, today: date) -> bool:
        return self.due is not None and self.due <= today


def matrix(site: Site) -> list[Due]:
    """Every group, person and course, in the project file's order."""
    done = _done(site)
    day = calendar_of(site).go_live
    rows = []
    for course in site.project.training.courses:
        for group in course.groups:
            for person in site.project.training.groups[group]:
                had = done.get((person, course.name), {})
                rows.append(Due(person, group, course.name, due(course, day), had.get("state", ""), had.get("on", "")))
    return rows


def due(course: Course, day: date | None) -> date | None:
    """The day by which a course has to be done, counted back from that of the go-live; None while that has none."""
    return None if day is None else day - timedelta(days=course.days_before)


def leader(project: Project, group: str) -> str:
    """The role that attests for a group: the head of the department or the lead of the wave of its name, else lead."""
    for department in project.departments:
        if department.name == group:
            return department.head
    for wave in project.waves:
        if wave.team == group:
            return wave.lead
    return "lead"


def empty(project: Project) -> list[str]:
    """The groups that have courses or an exercise, and nobody in them: what nobody has to do, nobody has done."""
    training = project.training
    working = {group for course in training.courses for group in course.groups}
    working |= {exercise.group for exercise in training.exercises}
    return [name for name, people in training.groups.items() if not people and name in working]


def empty_groups(site: Site, task: str) -> list[str]:
    """A sentence for each such group, which sends whoever corrects it to clear the task."""
    return [
        f"The group {name} has something to learn, and nobody is in it."
        f" {holders(site, leader(site.project, name))}: name its people under `training` in the project file, then"
        f" clear {task}"
        for name in empty(site.project)
    ]


def to_attest(site: Site, group: str) -> dict[str, Any] | None:
    """What a group's leader is asked about: who lacks which course, once one of them is due; None before."""
    lacking = [row for row in matrix(site) if row.group == group and not row.state]
    if not any(row.over(site.today) for row in lacking):
        return None
    people: dict[str, list[str]] = {}
    for row in lacking:
        people.setdefault(row.course, []).append(row.person)
    return {"group": group, "lacking": people}


def attesting(group: str) -> str:
    """The ledger's word for the question to a group's leader."""
    return f"attest/{group}"


def check_training(site: Site) -> Outcome:
    """Every course that is due by now is done by everybody; what leaders attested in this run is kept."""
    training = site.project.training
    if not training.courses:
        return Outcome("No course is declared: nobody has to be trained.")
    attested = list(_attested(site))
    stated = {(r.payload["person"], r.payload["course"]) for r in attested if r.kind == "training"}
    rows = [
        Due(row.person, row.group, row.course, row.due, "attested", str(site.today))
        if not row.state and (row.person, row.course) in stated else row
        for row in matrix(site)
    ]  # fmt: skip
    missing = list(_unready(site, rows))
    done, late = sum(bool(row.state) for row in rows), sum(not row.state and row.over(site.today) for row in rows)
    says = f"Training: {done} of {counted(len(rows), 'attendance')} done, {late} of the others due by now."
    return Outcome(says, (*attested, _report(site, rows)), tuple(missing))


def check_exercises(site: Site) -> Outcome:
    """Each group did its hands-on work, and the new system shows the result.

    An exercise is due with the last course of its group, or on the day of go-live. Where exercises are
    declared at all, every group with a course has one: a case of its own that its leader brings.
    """
    done = _done(site)
    records: list[Record] = []
    exercises = site.project.training.exercises
    missing = [*_without_exercise(site), *(empty_groups(site, "check_exercises") if exercises else ())]
    passed = 0
    for exercise in exercises:
        if not site.project.training.groups[exercise.group]:
            continue
        lacking = [p for p in site.project.training.groups[exercise.group] if (p, exercise.name) not in done]
        shown = open_things(site, "target", exercise.query) if exercise.query is not None and not lacking else None
        if not lacking and (shown is None or shown.count == 0):
            passed += 1
            records += _passed(site, exercise, done)
            continue
        day = _exercise_due(site, exercise)
        if day is not None and day > site.today:
            continue
        lead = holders(site, leader(site.project, exercise.group))
        if lacking:
            missing.append(
                f"The exercise {exercise.name} of group {exercise.group} ({exercise.says}) was not done by"
                f" {_people(site, lacking)}. {lead}: hold it, and enter who was there with {site.project.name}.record"
            )
        elif shown is not None:
            what = f"finds {shown.count} open" if shown.count is not None else f"could not be asked: {shown.error}"
            missing.append(
                f"The exercise {exercise.name} of group {exercise.group} ({exercise.says}) was held, but its query in"
                f" the new system {what}. {lead}: finish it there, then clear check_exercises"
            )
    says = f"Hands-on work: {passed} of {counted(len(exercises), 'exercise')} passed." if exercises else (
        "No exercise is declared: no group works hands-on before go-live."
    )  # fmt: skip
    return Outcome(says, tuple(records), tuple(missing))


def _done(site: Site) -> dict[tuple[str, str], Mapping[str, Any]]:
    entries = site.ledger.latest(site.project.name, "training", by=("person", "course"))
    return {(e.payload["person"], e.payload["course"]): e.payload for e in entries if e.payload["state"] in DONE}


def _attested(site: Site) -> Iterator[Record]:
    """What leaders stated in this run, of exactly the people who stood on their form."""
    groups = dict.fromkeys(group for course in site.project.training.courses for group in course.groups)
    for group in groups:
        answer = last_answer(site, attesting(group))
        if answer is None or answer.actor not in site.project.holders(leader(site.project, group), site.today):
            continue
        shown = site.ledger.evidence(answer.payload["evidence_hash"])
        assert isinstance(shown, dict)
        answers = answer.payload["answers"]
        yield Record(
            "attestation",
            {
                "question": attesting(group),
                "role": answer.payload["role"],
                "answers": answers,
                "comment": answer.payload["comment"],
                "by": answer.actor,
            },
        )
        for course, people in shown["lacking"].items():
            if answers.get(course) is True:
                for person in people:
                    yield Record("training", _entry(site, person, group, course, "attested", answer.actor))


def _passed(site: Site, exercise: Exercise, done: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[Record]:
    for person in site.project.training.groups[exercise.group]:
        if done[person, exercise.name]["state"] != "passed":
            yield Record("training", _entry(site, person, exercise.group, exercise.name, "passed", "golive"))


def _entry(site: Site, person: str, group: str, course: str, state: str, by: str) -> dict[str, Any]:
    return {
        "person": person, "group": group, "course": course, "state": state, "on": str(site.today),
        "material": site.project.training.build, "by": by,
    }  # fmt: skip


def _unready(site: Site, rows: Iterable[Due]) -> Iterator[str]:
    if calendar_of(site).go_live is None:
        yield (
            f"Courses are due some days before go-live, and that has no date yet. {holders(site, 'lead')}: set"
            " `go_live` under `calendar` in the project file, then clear check_training"
        )
    yield from empty_groups(site, "check_training")
    lacking: dict[tuple[str, str], list[Due]] = {}
    for row in rows:
        if not row.state and row.over(site.today):
            lacking.setdefault((row.course, row.group), []).append(row)
    titles = {course.name: course.title for course in site.project.training.courses}
    for (course, group), open_ in lacking.items():
        yield (
            f"The course {titles[course]} was due on {open_[0].due}, and {_people(site, [r.person for r in open_])} of"
            f" group {group} did not attend. {holders(site, leader(site.project, group))}: hold it, and enter who was"
            f" there with {site.project.name}.record; then clear check_training"
        )


def _without_exercise(site: Site) -> Iterator[str]:
    training = site.project.training
    if not training.exercises:
        return
    working = {exercise.group for exercise in training.exercises}
    for group in dict.fromkeys(group for course in training.courses for group in course.groups):
        if group not in working:
            yield (
                f"The group {group} has courses, and no exercise. {holders(site, leader(site.project, group))}: bring a"
                " case of the group's own, declare it under `training.exercises` in the project file, then clear"
                " check_exercises"
            )


def _report(site: Site, rows: list[Due]) -> Record:
    from golive.ledger import digest

    lines = [f"# Training of {site.project.title or site.project.name}", ""]
    lines += ["| group | person | course | due | state | on |", "|---|---|---|---|---|---|"]
    for row in rows:
        state = row.state or ("overdue" if row.over(site.today) else "open")
        lines.append(
            f"| {row.group} | {site.project.called(row.person)} | {row.course} | {row.due or ''} | {state} | {row.on} |"
        )
    evidence = {"text": "\n".join(lines) + "\n"}
    return Record("report", {"what": "training", "hash": digest(evidence)}, evidence)


def _exercise_due(site: Site, exercise: Exercise) -> date | None:
    go_live = calendar_of(site).go_live
    days = [due(course, go_live) for course in site.project.training.courses if exercise.group in course.groups]
    return max((day for day in days if day is not None), default=go_live)


def _people(site: Site, people: Iterable[str]) -> str:
    return ", ".join(map(site.project.called, people))
