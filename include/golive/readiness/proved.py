"""Measures of what the validation passes say: their checks, their judgements, the issues that they opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.readiness.asked import holders
from golive.readiness.measured import GOING_LIVE, Measured, each_open
from golive.results import Group, Severity, Verdict

if TYPE_CHECKING:
    from golive.ledger import Entry
    from golive.readiness.site import Site


def checks(site: Site) -> Measured:
    """Nothing failed, or could not run, in the newest validation pass, but what was waived by name.

    Its verdicts are of every table as the mapping has it now. Looked at is what the pass looked at: a check
    that had nothing to check proves nothing, and where no row of any table was compared, nothing was. A table
    of which no row was compared is open. An opportunity is no failure. The checks of a final migration are its own
    affair.
    """
    from golive.ledger import silent
    from golive.readiness.crossed import absent
    from golive.readiness.findings import FOUND, title_of, waivers
    from golive.readiness.mapping import judged_otherwise
    from golive.readiness.validated import said

    passed = last_pass(site)
    what = [f"lane {lane} of the {part} has no verdict" for part, lane in silent(passed)]
    what += judged_otherwise(site, passed)
    results = [result for entry in passed for result in said(site, entry)]
    waived = waivers(site, results)
    have = {(result.check, str(result.table)) for result in results if result.group is Group.CHECK}
    what += [f"{each} has no verdict" for each in (absent(site.plan, have) if passed else ())]
    what += [
        f"{title_of(result)}: {result.verdict}"
        for result in results
        if result.verdict in FOUND
        and (result.verdict is Verdict.ERROR or result.severity is not Severity.OPPORTUNITY)
        and result.name not in waived
    ]
    compared = [result for result in results if result.group is Group.CHECK and result.check == "crossed"]
    seen = [result for result in results if result.verdict is not Verdict.VACUOUS]
    looked = len(seen) if any(result.looked_at and result in seen for result in compared) else len(what)
    what += [
        f"{title_of(result)}: {result.verdict}"
        for result in compared
        if result.verdict is Verdict.VACUOUS and result.name not in waived
    ]
    do = f"{holders(site, 'data_engineer')}: put right what that pass's report shows, and repeat it"
    return each_open(what, looked, do)


def passes(site: Site) -> Measured:
    """The last pre-final pass was good enough, and nothing since says otherwise.

    Another pass, of whatever stage, was not; or one has begun and was not judged; or a waiver that it rests on
    has ended. Nothing is looked at before a pre-final pass was judged.
    """
    from golive.readiness.findings import waivers
    from golive.readiness.passes import LAST

    judged = site.ledger.entries(site.project.name, kind="pass")
    newest = {entry.run: entry for entry in judged}
    last = next((entry for entry in reversed(judged) if entry.stage == LAST), None)
    if last is None:
        return each_open((), 0, f"{holders(site, 'lead')}: complete {site.project.name}.{LAST}")
    assert last.evidence_hash is not None
    evidence = site.ledger.evidence(last.evidence_hash)
    assert isinstance(evidence, dict)
    what = [
        f"pass {entry.payload['number']} ({entry.stage}): {entry.payload['says']}"
        for entry in newest.values()
        if entry.seq >= last.seq and not entry.payload["ok"]
    ]
    begun = site.ledger.entries(site.project.name, kind="checks", after=last.seq)
    begun = [entry for entry in begun if entry.stage != GOING_LIVE and newest.get(entry.run, last).seq < entry.seq]
    what += [f"{run} began a pass that was not judged" for run in dict.fromkeys(entry.run for entry in begun)]
    waived, issues_now = waivers(site), _issues(site)
    # What was closed since has no waiver any more, and needs none.
    closed = {name for name, entry in issues_now.items() if entry.payload["state"] == "closed"}
    what += [
        f"the waiver of {each['what']} ended on {each['until']}"
        for each in evidence["waivers"]
        if each["what"] not in waived and each["what"] not in closed
    ]
    do = f"{holders(site, 'data_engineer')}: put right what its report shows, and repeat {site.project.name}.{LAST}"
    return each_open(what, 1, do)


def issues(site: Site) -> Measured:
    """No critical issue is open that no waiver covers today; before a validation pass has looked, nothing has."""
    from golive.readiness.findings import waivers

    now, waived = _issues(site), waivers(site)
    what = [
        f"{name} ({entry.payload['title']}), {holders(site, entry.payload['owner'])}"
        for name, entry in now.items()
        if entry.payload["state"] != "closed" and entry.payload["severity"] == "critical" and name not in waived
    ]
    return each_open(
        what, max(len(now), 1) if last_pass(site) else len(what), "close them, or have them waived by name"
    )


def scenarios(site: Site) -> Measured:
    """As many declared scenarios are covered as have to be, as they were last read; before that nothing was."""
    from golive.readiness.scenarios import covered, too_few

    found = covered(site)
    read = [] if found is None else [each for each in found[0] if each["result"] != "not read"]
    do = f"{holders(site, 'lead')}: have them tested, and their results read by a validation pass"
    return each_open(too_few(site) if read else (), len(read), do)


def last_pass(site: Site) -> list[Entry]:
    """The newest verdicts of every lane of the newest validation pass; empty if there never was one."""
    from golive.ledger import verdicts

    entries = [entry for entry in site.ledger.entries(site.project.name, kind="checks") if entry.stage != GOING_LIVE]
    return verdicts(entry for entry in entries if entry.run == entries[-1].run)


def mismatches(site: Site) -> dict[str, int]:
    """Rows that differed, lacked or were too many in the newest validation pass, by table that it looked at."""
    from golive.readiness.validated import said

    found: dict[str, int] = {}
    for result in (result for entry in last_pass(site) for result in said(site, entry)):
        if result.group is Group.CHECK:
            rows = result.diff.rows if result.diff is not None else 0
            found[str(result.table)] = max(rows, found.get(str(result.table), 0))
    return found


def _issues(site: Site) -> dict[str, Entry]:
    return {str(entry.payload["id"]): entry for entry in site.ledger.latest(site.project.name, "issue", by=("id",))}
