"""What a finding of a pass means, and what is to be done about it, for somebody who knows no SQL."""

from __future__ import annotations

from golive.results import Group, Verdict

_OTHER = "other"
_MEANS = {
    "schema": "The new system's table is not made for what the old one would deliver.",
    "foreign_keys": "Rows refer to others that are not there.",
    "duplicates": "Rows of the old system cannot be told apart by their key: they would not arrive.",
    "crossed": "Rows have arrived, and are not what they are in the old system.",
    "source": "Data of the old system break a rule that they have to keep before they may cross.",
    "target": "Data that arrived in the new system break a rule of it.",
    Group.COMPARISON.value: "Asked the same question, the two systems do not give the same answer.",
    _OTHER: "Somebody entered this, or a rule counts it.",
}
_DO = {
    "schema": "Change the mapping in the project file, or the table of the new system.",
    "foreign_keys": "Correct the rows that refer to nothing in the old system, or map what they refer to.",
    "duplicates": "Correct those rows in the old system; until then they wait in quarantine.",
    "crossed": "Find who else writes into the new system; the next sweep repairs what is Golive's.",
    "source": "Correct those rows in the old system; the next increment carries them.",
    "target": "Correct those rows in the old system, or the mapping that made them so.",
    Group.COMPARISON.value: "Find the group in which they differ in the report of the run; correct data or mapping.",
    _OTHER: "Settle it, and enter that with {project}.record.",
}
_COULD_NOT_RUN = "Nobody knows: the check could not run."
_RUN_IT = "Correct what its sentence names, then clear its lane in {project}.{stage}."


def what_it_means(issue: str, verdict: str) -> str:
    """An issue in plain words; ``issue`` is its id, ``verdict`` what its check said in this pass, or ''."""
    return _COULD_NOT_RUN if verdict == Verdict.ERROR else _MEANS[_kind(issue)]


def to_do(issue: str, verdict: str, project: str, stage: str) -> str:
    """What puts an issue right."""
    words = _RUN_IT if verdict == Verdict.ERROR else _DO[_kind(issue)]
    return words.format(project=project, stage=stage)


def _kind(issue: str) -> str:
    """A check by its name, a suite by its side ('suite/<table>.<side>/<expectation>'); 'other' for the rest."""
    group, _, rest = issue.partition("/")
    if group == Group.CHECK:
        name = rest.rpartition("/")[2]
    elif group == Group.SUITE:
        name = rest.partition("/")[0].rpartition(".")[2]
    else:
        name = group
    return name if name in _MEANS else _OTHER
