"""What a validation pass found, as somebody reads it who decides: may it go on, what changed, and who must do what.

Out of the ledger's `pass` entries and the evidence beside them, up to the pass that it is about, and out of the
project file, for names. Pure: the same entries give the same report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from golive.ledger import Entry, Head
from golive.project import Project
from golive.readiness.findings import (
    CHANGES,
    FIXED,
    NEW,
    NO_LONGER_ASKED,
    OPEN,
    OWNER,
    REGRESSED,
    STILL_OPEN,
    WAIVED,
)
from golive.readiness.passes import LAST, MID_CYCLE
from golive.reports import plain
from golive.reports.meaning import to_do, what_it_means
from golive.reports.pass_model import Light, Line, PassReport, Rule, Scenario, SetAside, ToDo, Unseen
from golive.reports.plain import Tone
from golive.reports.trends import Step
from golive.reports.words import lines, many, moment, shown
from golive.results import Severity, Verdict

# As many as somebody reads who decides; all of them stand with those who have to put them right.
TOP = 10
# How the changes stand in the report: what went the wrong way comes first.
ORDER = (REGRESSED, NEW, STILL_OPEN, FIXED, NO_LONGER_ASKED)
UNSEEN = (Verdict.ERROR, Verdict.VACUOUS)
HEAVY = (Severity.CRITICAL.value, Severity.MAJOR.value)
RULE = (
    ("red", "Something that this pass must have is missing: its stage stays open, and the migration does not go on."),
    (
        "amber",
        "Nothing keeps the stage open. But a critical or major finding is open or set aside by name, or something could"
        " not be looked at.",
    ),
    ("green", "Nothing keeps the stage open, everything was looked at, and nothing critical or major was found."),
)
_TONES = {"red": Tone.BAD, "amber": Tone.WAIT, "green": Tone.GOOD}


def passes_up_to(entries: Iterable[Entry], about: Entry) -> list[Entry]:
    """Every pass before this one and this one itself, each as its last entry has it, among a project's `pass` entries.

    What was written after ``about`` is left out: a report says what was known as its pass was judged.
    """
    number = int(about.payload["number"])
    newest = {int(e.payload["number"]): e for e in entries if e.seq <= about.seq and e.project == about.project}
    return [newest[each] for each in sorted(newest) if each <= number]


def pass_report(project: Project, entries: Sequence[Entry], evidence: Mapping[str, Any], suites: str) -> PassReport:
    """The report of the last of these passes, which are in order; ``evidence`` is that one's.

    ``suites`` is the hash of the project's suites as they were asked, empty if it has none. Everything that people
    wrote is cleaned of control characters, and escaped by whoever renders it.
    """
    about = entries[-1]
    said = about.payload
    found = {result["name"]: result for result in evidence["results"]}
    every = [_line(issue, found.get(issue["id"]), str(said["stage"]), project) for issue in evidence["issues"]]
    weighed = [each for each in every if each.severity != plain.state(Severity.OPPORTUNITY.value)]
    standing = [each for each in weighed if each.state == OPEN]
    missing = tuple(_in_words(each, evidence["issues"]) for each in evidence["missing"])
    unseen = tuple(_unseen(evidence, project))
    waivers = tuple(_set_aside(each, evidence) for each in evidence["waivers"])
    heavy = _heavy(evidence["issues"])
    dark = sum(map(_is_dark, evidence["results"]))
    light = _light(bool(missing) or not said["ok"], bool(heavy or dark or waivers))
    declared = project.stage(str(said["stage"]))
    return PassReport(
        project=project.name,
        title=shown(project.title or project.name),
        stage=shown(declared.shown) if declared else plain.name(said["stage"]),
        number=int(said["number"]),
        day=moment(about.at),
        sentence=_sentence(light, missing, heavy, dark),
        light=light,
        only_reports=said["stage"] not in (MID_CYCLE, LAST),
        missing=missing,
        changes=tuple((change, int(said["changes"].get(change, 0))) for change in CHANGES),
        changed=tuple(
            (change, here) for change in ORDER if (here := tuple(each for each in every if each.change == change))
        ),
        trend=tuple(_step(entry, project) for entry in entries),
        top=tuple(standing[:TOP]),
        open=len(standing),
        people=tuple(_to_do(standing, evidence["issues"], project)),
        opportunities=tuple(each for each in every if each not in weighed and each.state == OPEN),
        rules=tuple(_rule(each, evidence, project) for each in evidence["clean_up"]),
        waivers=waivers,
        unseen=unseen,
        checks=len(evidence["results"]),
        percent=said["scenarios"],
        scenarios=tuple(
            Scenario(shown(each["scenario"]), shown(each["test"]), shown(each["result"]), bool(each["covered"]))
            for each in sorted(evidence["scenarios"], key=lambda each: bool(each["covered"]))
        ),
        made=tuple(_made(about, suites)),
    )


def _light(missing: bool, doubtful: bool) -> Light:
    colour = "red" if missing else "amber" if doubtful else "green"
    return Light(colour, _TONES[colour])


def _heavy(issues: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many critical and major findings are open or waived, by severity; only those of which there are any."""
    counts = dict.fromkeys(HEAVY, 0)
    for issue in issues:
        if issue["state"] in (OPEN, WAIVED) and issue["severity"] in counts:
            counts[issue["severity"]] += 1
    return {severity: count for severity, count in counts.items() if count}


def _in_words(missing: str, issues: Iterable[Mapping[str, Any]]) -> str:
    """A missing thing that begins with the id of a finding, by the finding's title instead."""
    found = next((each for each in issues if missing.startswith(f"{each['id']} (")), None)
    return lines(found["title"] + missing.removeprefix(found["id"]) if found else missing)


def _is_dark(result: Mapping[str, Any]) -> bool:
    """Whether nobody knows what a check would say, and it matters: an opportunity may have had nothing to look at."""
    if result["verdict"] == Verdict.VACUOUS:
        return bool(result["severity"] != Severity.OPPORTUNITY)
    return bool(result["verdict"] == Verdict.ERROR)


def _sentence(light: Light, missing: Sequence[str], heavy: Mapping[str, int], dark: int) -> str:
    if light.colour == "red":
        lacking = f": {many(len(missing), 'thing is missing', 'things are missing')}" if missing else ""
        return f"The migration may not go on{lacking}."
    doubts = []
    if heavy:
        weights = " and ".join(f"{count} {severity}" for severity, count in heavy.items())
        doubts.append(f"{weights} {'finding is' if sum(heavy.values()) == 1 else 'findings are'} not put right")
    if dark:
        doubts.append(f"{many(dark, 'check')} saw nothing")
    but = f", but {' and '.join(doubts)}" if doubts else ""
    return f"Nothing is missing: the migration may go on{but}."


def _line(issue: Mapping[str, Any], result: Mapping[str, Any] | None, stage: str, project: Project) -> Line:
    verdict = str(result["verdict"]) if result else ""
    rows = result["failing"] if result and verdict == Verdict.FAIL else None
    return Line(
        shown(issue["id"]), _title(issue, result), plain.state(issue["severity"]), str(issue["change"]),
        str(issue["state"]), shown(issue["whose"]), int(issue["age_days"]), shown(issue["since"]), rows,
        shown(issue["says"]), what_it_means(issue["id"], verdict), to_do(issue["id"], verdict, project.name, stage),
        str(result["keys"] or "")[:12] if result else "",
    )  # fmt: skip


def _title(issue: Mapping[str, Any], result: Mapping[str, Any] | None) -> str:
    return shown(issue["title"]) or shown(result["name"] if result else issue["id"])


def _to_do(standing: Iterable[Line], issues: Iterable[Mapping[str, Any]], project: Project) -> Iterable[ToDo]:
    """Whoever has something to put right, those with the gravest first, as the findings are in that order."""
    role_of = {shown(issue["whose"]): str(issue["owner"]) for issue in issues}
    theirs: dict[str, list[Line]] = {}
    for line in standing:
        theirs.setdefault(line.who, []).append(line)
    for who, found in theirs.items():
        departments = [each for each in project.departments if each.head == role_of[who]]
        yield ToDo(who, ", ".join(shown(each.title or plain.name(each.name)) for each in departments), tuple(found))


def _set_aside(waiver: Mapping[str, Any], evidence: Mapping[str, Any]) -> SetAside:
    titles = {issue["id"]: issue["title"] for issue in evidence["issues"]}
    what = str(waiver["what"])
    return SetAside(shown(titles.get(what, what)), shown(waiver["by"]), shown(waiver["reason"]), shown(waiver["until"]))


def _unseen(evidence: Mapping[str, Any], project: Project) -> Iterable[Unseen]:
    """What could not run, and what looked at nothing; of an opportunity too, for then nobody knows."""
    for result in evidence["results"]:
        if result["verdict"] in UNSEEN:
            title = f"{plain.name(result['check'])} of {shown(result['table'])}" if result["table"] else ""
            yield Unseen(
                title or plain.name(result["check"]), plain.state(result["verdict"]), shown(result["says"]),
                _whose(result["owner"] or OWNER, evidence, project),
            )  # fmt: skip


def _whose(role: str, evidence: Mapping[str, Any], project: Project) -> str:
    """A role with who held it as the pass was judged, where a finding of it says so; else with who holds it."""
    known = next((issue["whose"] for issue in evidence["issues"] if issue["owner"] == role), "")
    held = project.people.get(role)
    people = " or ".join(map(project.called, held.holders)) if held else ""
    return shown(known) or (f"{shown(people)} ({plain.name(role)})" if people else plain.name(role))


def _rule(rule: Mapping[str, Any], evidence: Mapping[str, Any], project: Project) -> Rule:
    return Rule(shown(rule["says"]), _whose(str(rule["owner"]), evidence, project), rule["open"], rule["at_most"])


def _step(entry: Entry, project: Project) -> Step:
    """One pass among those of the trend."""
    said = entry.payload
    declared = project.stage(str(said["stage"]))
    name = declared.title if declared and declared.title else plain.name(said["stage"]).removeprefix("data validation ")
    return Step(
        int(said["number"]), shown(name), f"{entry.at:%Y-%m-%d}", bool(said["ok"]),
        {severity.value: int(said["open"][severity.value]) for severity in Severity},
        {change: int(said["changes"].get(change, 0)) for change in CHANGES},
        {verdict.value: int(said["verdicts"][verdict.value]) for verdict in Verdict},
    )  # fmt: skip


def _made(about: Entry, suites: str) -> Iterable[tuple[str, str]]:
    """How it came about, to be looked up by whoever doubts it."""
    yield "Run", shown(about.run)
    yield "Judged", moment(about.at)
    yield "Project file", shown(about.project_hash or "not known")
    yield "Code", shown(about.code_hash or "not known")
    yield "Suites", suites or "none"
    yield "Evidence", shown(about.evidence_hash)
    yield "Ledger, up to this pass", str(Head(about.seq, about.hash))
