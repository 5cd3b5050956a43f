"""The frozen mapping: what decides which rows arrive and how, line by line, from the last pass before go-live on.

A line is a place and what stands there: of the project file, of a suite, of Golive's own code, of either
database's schema. They are kept as the pre-final pass ends. Whatever moves or judges data afterwards compares
them first, and does nothing under another mapping. Two roles may thaw it; then that pass is due again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import file_digest, sha256
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from golive.errors import NotPermitted
from golive.project.files import file_of, line_of
from golive.project.suites import suite_files
from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record
from golive.readiness.stages import complete
from golive.readiness.validated import COMPARISONS, SUITES, TABLES

if TYPE_CHECKING:
    from golive.databases import Database
    from golive.ledger import Entry, Ledger
    from golive.plan import Plan
    from golive.project import Project
    from golive.readiness.site import Papers, Site

LAST_PASS = "data_validation_pre_final"
FROZEN, THAWED = "frozen", "thawed"

# The keys of the project file that say which rows cross, and how; all others may change at any time.
DECIDING = ("source", "target", "timezone", "tables", "staging", "configuration", "comparisons")
_NAMED_BY = ("target", "area", "name", "table")
SHOWN = 10

Lines = dict[str, dict[str, str]]
Path = tuple[str | int, ...]


def freeze_mapping(site: Site) -> Outcome:
    """Keep every line of the mapping as it is now, if this run's verdicts are of just that.

    In force once the stage is complete.
    """
    from golive.ledger import digest, verdicts

    judged = verdicts(site.ledger.entries(site.project.name, kind="checks", run=site.run_name))
    missing = tuple(
        f"This run judged another mapping than stands now: {what}. {holders(site, 'data_engineer')}: put it back and"
        " clear freeze_mapping, or start a new run, which judges what stands now"
        for what in judged_otherwise(site, judged)
    )
    if missing:
        return Outcome("The mapping is not frozen.", missing=missing)
    lines = mapping_lines(site)
    hashed, count = digest(lines), sum(map(len, lines.values()))
    says = f"The mapping is frozen as {hashed[:12]}: {counted(count, 'line')}."
    return Outcome(says, (Record("mapping", {"state": FROZEN, "hash": hashed, "lines": count}, lines),))


def mapping_lines(site: Site) -> Lines:
    """Every line of the mapping: place -> what stands there; by what it is of.

    That is file, suites, files, code, source, target.
    """
    from golive.ledger.code import code_files

    return {
        "file": {place: text for place, (_, text) in _flat(site.project).items()},
        "suites": suite_lines(site.project.name),
        "files": file_lines(site.project),
        "code": code_files(),
        "source": _definition(site.source),
        "target": _definition(site.target),
    }


def suite_lines(project: str) -> dict[str, str]:
    """``<file>: <id of an expectation>`` -> what it expects, of every suite of the project.

    A file that is no suite is one line, its hash: what runs suites says what is wrong with it.
    """
    lines: dict[str, str] = {}
    for path in suite_files(project):
        content = path.read_bytes()
        try:
            suite = json.loads(content)
            expected = {f"{path.name}: {each['meta']['id']}": _text(each) for each in suite.pop("expectations")}
        except (ValueError, KeyError, TypeError, AttributeError):
            lines[path.name] = sha256(content).hexdigest()
        else:
            lines |= {f"{path.name}: suite": _text(suite), **expected}
    return lines


def file_lines(project: Project) -> dict[str, str]:
    """Each file of the project's folder that a comparison reads or runs -> the SHA-256 of its bytes."""
    folder = file_of(project.name).parent.resolve()
    named = [
        name for each in project.comparisons if each.kind == "corpus" for name in (each.file, *each.command) if name
    ]
    found = {name: (folder / name).resolve() for name in named}
    return {name: _hash_of(path) for name, path in found.items() if path.is_relative_to(folder) and path.is_file()}


def _hash_of(path: FilePath) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def standing(ledger: Ledger, project: Project) -> Entry | None:
    """The entry of the mapping that is in force; None before the last pass is complete, and once it was thawed."""
    last = ledger.last(project.name, "mapping")
    if last is None or last.payload["state"] != FROZEN or complete(ledger, project.name, LAST_PASS) is None:
        return None
    return last


def changed(site: Site, frozen: Entry) -> list[str]:
    """The lines that are not as they were when the mapping was frozen, a sentence each; empty if all stand."""
    assert frozen.evidence_hash is not None
    then = site.ledger.evidence(frozen.evidence_hash)
    assert isinstance(then, dict)
    now = mapping_lines(site)
    return [
        _named(site, part, place) + _difference(then.get(part, {}).get(place), now[part].get(place), part)
        for part in now
        for place in sorted({*then.get(part, {}), *now[part]})
        if then.get(part, {}).get(place) != now[part].get(place)
    ]


def judged_otherwise(site: Site, checks: Sequence[Entry]) -> list[str]:
    """In words, what has changed since verdicts were given that decides about them; empty if nothing has.

    Of the run whose mapping is frozen, every line of that; of any other, the project file as a whole, since
    nobody kept its lines, and of each part what it was judged by.
    """
    from golive.ledger import part_of

    frozen = standing(site.ledger, site.project)
    if frozen is not None and all(entry.run == frozen.run for entry in checks):
        return changed(site, frozen) if checks else []
    said = []
    if any(entry.project_hash != site.hashes["project_hash"] for entry in checks):
        said.append("the project file changed since")
    if any(entry.code_hash != site.hashes["code_hash"] for entry in checks):
        said.append("Golive's own code changed since")
    for part, what in _JUDGED_BY.items():
        kept = {entry.payload["mapping"] for entry in checks if part_of(entry) == part and "mapping" in entry.payload}
        if kept and kept != {judged_by(site, part)}:
            said.append(f"{what} changed since")
    return said


def judged_by(site: Site, part: str) -> str:
    """What tells by what a part of the checks judges now: tables by the plan, suites and comparisons by their files."""
    from golive.ledger import digest

    if part == TABLES:
        return mapping_hash(site.plan)
    return digest(suite_lines(site.project.name) if part == SUITES else file_lines(site.project))


def mapping_hash(plan: Plan) -> str:
    """What tells the mapping of one plan from another's: tables, expressions, keys, and the types on both sides."""
    from golive.ledger import digest

    return digest({table.name: table.fingerprint for table in plan.tables})


def refuse_another(site: Site) -> None:
    """NotPermitted where a mapping is in force and what stands now is another, naming the changed lines."""
    frozen = standing(site.ledger, site.project)
    if frozen is None:
        return
    lines = changed(site, frozen)
    if lines:
        more = f"\n- and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
        raise NotPermitted(
            f"project {site.project.name}: the mapping is frozen since {frozen.at:%Y-%m-%d %H:%M} UTC (ledger entry"
            f" {frozen.seq}), and this is another. Put it back, or thaw it with the DAG {site.project.name}.thaw, which"
            " two roles sign; the last pass is due again then. Nothing was moved or judged. Changed:\n"
            + "\n".join(f"- {line}" for line in lines[:SHOWN])
            + more,
            project=site.project.name,
        )


def unfrozen(site: Papers) -> str | None:
    """Why there is no mapping in force although the roadmap has the last pass; None if there is one, or need not be.

    A pass that a sponsor waived froze nothing: the waiver stands for that as well.
    """
    if site.project.stage(LAST_PASS) is None:
        return None
    passed = complete(site.ledger, site.project.name, LAST_PASS)
    if passed is None:
        return (
            f"no mapping is frozen: {LAST_PASS} is not complete. Complete it, in a new run of"
            f" {site.project.name}.{LAST_PASS}"
        )
    if passed.payload["state"] == "waived" or standing(site.ledger, site.project) is not None:
        return None
    return (
        f"no mapping was frozen when {LAST_PASS} was completed. Start {site.project.name}.thaw, which makes that pass"
        " due again, and complete it"
    )


def thaw(site: Site, why: str, by: tuple[str, ...]) -> dict[str, Any]:
    """What the entry says that thaws the mapping in the names of those who signed.

    NotPermitted if fewer than two different people did.
    """
    if len(set(by)) < 2:
        raise NotPermitted(
            f"project {site.project.name}: two people have to sign a thaw, and {site.project.called(by[0])} signed as"
            " both. Name a deputy for one of the roles, then start a new run",
            project=site.project.name,
        )
    last = standing(site.ledger, site.project)
    return {"state": THAWED, "hash": last.payload["hash"] if last else "", "why": why, "by": list(by)}


def _flat(project: Project) -> dict[str, tuple[Path, str]]:
    """The deciding part of the project file: place -> where it stands, and what.

    In a place the parts of a list have their names, not their numbers: what moves to another line has not changed.
    """
    said = project.model_dump(mode="json")
    return {place: (path, text) for key in DECIDING for place, path, text in _lines_of(key, (key,), said.get(key))}


def _lines_of(place: str, path: Path, value: Any) -> Iterator[tuple[str, Path, str]]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _lines_of(f"{place}.{key}", (*path, key), each)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        seen: Counter[str] = Counter()
        for n, each in enumerate(value):
            name = str(next((each[key] for key in _NAMED_BY if each.get(key)), n))
            seen[name] += 1
            yield from _lines_of(f"{place}[{name}{f'#{seen[name]}' if seen[name] > 1 else ''}]", (*path, n), each)
    else:
        yield place, path, _text(value)


def _definition(database: Database) -> dict[str, str]:
    with database.session(read_only=True) as connection:
        return database.catalog.definition(connection)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _difference(then: str | None, now: str | None, part: str) -> str:
    if then is None:
        return " is new" if part in _HASHED else f" is new: {_short(now)}"
    if now is None:
        return " is gone" if part in _HASHED else f" is gone: it was {_short(then)}"
    return " was changed" if part in _HASHED else f" was {_short(then)}, and is {_short(now)}"


def _short(text: str | None) -> str:
    text = text or ""
    return text if len(text) <= 160 else f"{text[:157]}..."


def _named(site: Site, part: str, place: str) -> str:
    """How a line is called in a message; one of the project file with its number, if it still stands there."""
    if part == "file":
        found = _flat(site.project).get(place)
        line = f" line {line_of(site.project.name, found[0])}," if found else ""
        return f"{file_of(site.project.name).name},{line} {place}"
    side = {"source": site.project.source, "target": site.project.target}.get(part)
    return f"the {part} ({side.connection}), {place}" if side else f"{_OF[part]} {place}"


_OF = {"suites": "the suite", "files": "the file of a comparison", "code": "Golive's own code, the file"}
# Of these a hash stands in the line, which says nothing to people.
_HASHED = ("files", "code")
_JUDGED_BY = {
    TABLES: "what the tables mean on both schemas",
    SUITES: "a suite",
    COMPARISONS: "a file that a comparison reads or runs",
}
