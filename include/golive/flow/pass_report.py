"""The report of a pass: written once it is judged, kept in the ledger, and told to the sponsors."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowSkipException

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.ledger import Entry
    from golive.reports.pass_file import Written
    from golive.reports.pass_model import PassReport

log = logging.getLogger(__name__)


def write_report(project: str) -> str:
    """Keep the report of this run's pass, and send its beginning to the sponsors; once for what was judged.

    Ends as skipped where this run judged nothing. A pass that is judged anew, because somebody cleared its tasks and
    it came to something else, has a new report beside the old one; people are told once in a pass.
    """
    from golive.flow.world import world

    with world(project) as here:
        about = here.own("pass")
        if about is None:
            raise AirflowSkipException("this run judged nothing: there is no pass to report on")
        entry, mail = keep(here, about)
        _tell(here, entry, mail)
        return f"The report of pass {about.payload['number']} is entry {entry.seq} of the ledger."


def keep(here: World, about: Entry) -> tuple[Entry, Entry]:
    """The entries of the report as a page and for mail, as they stand: those written first, if there are any."""
    from golive.reports.kept import MAIL, name_of

    said = about.payload
    what = name_of(str(said["stage"]), int(said["number"]))
    # Of what was judged, not of the entry: judging the same again is no reason for another report.
    once = f"report/{what}/{_judged(about)}"
    standing = {entry.once: entry for entry in here.ledger.entries(here.project.name, kind="report")}
    if once in standing and f"{once}{MAIL}" in standing:
        return standing[once], standing[f"{once}{MAIL}"]
    report, made, suites = _made(here, about)
    page = here.write(
        "report",
        {
            "what": what, "title": report.name, "number": report.number, "colour": report.light.colour,
            "sentence": report.sentence, "about": about.seq, "suites": suites, "hash": made.digest,
            "bytes": len(made.html.encode()), "encoding": "gzip", "policy": made.policy,
        },
        evidence=made.packed(),
        once=once,
    )  # fmt: skip
    mail = here.write(
        "report",
        {"what": f"{what}{MAIL}", "title": report.name, "sentence": report.sentence, "page": page.seq},
        evidence={"text": made.markdown},
        once=f"{once}{MAIL}",
    )
    return page, mail


def _judged(about: Entry) -> str:
    from golive.ledger import digest

    return digest({"payload": about.payload, "evidence": about.evidence_hash})


def _made(here: World, about: Entry) -> tuple[PassReport, Written, str]:
    """The report, its text, and the hash of the suites that this run asked."""
    from golive.ledger import part_of, verdicts
    from golive.readiness.validated import SUITES
    from golive.reports.pass_file import write
    from golive.reports.passes import pass_report, passes_up_to

    assert about.evidence_hash is not None
    evidence = here.ledger.evidence(about.evidence_hash)
    assert isinstance(evidence, dict)
    judged = verdicts(here.ledger.entries(here.project.name, kind="checks", run=about.run))
    # Lanes that asked different ones make no pass; a report of it names them all.
    asked = {each.payload["mapping"] for each in judged if part_of(each) == SUITES and "mapping" in each.payload}
    suites = ", ".join(sorted(asked))
    entries = passes_up_to(here.ledger.entries(here.project.name, kind="pass"), about)
    report = pass_report(here.project, entries, evidence, suites)
    return report, write(report), suites


def _tell(here: World, page: Entry, mail: Entry) -> None:
    """Send what stands to where alarms go, with the sponsors named; whoever was told of this pass is not told again."""
    from urllib.parse import quote

    from golive.flow.alerts import send
    from golive.flow.escalation import PASS
    from golive.flow.people import airflow_url
    from golive.readiness.asked import holders
    from golive.readiness.findings import WAIVED_BY
    from golive.reports.closing import shortened

    text = here.ledger.evidence(str(mail.evidence_hash))
    assert isinstance(text, dict)
    number, name = page.payload["number"], here.project.name
    place = f"{airflow_url()}/plugin/golive/golive/project/{quote(name, safe='')}/pass/{number}"
    send(
        name,
        f"{PASS}{number}",
        f"validation pass {number}: {page.payload['sentence']}",
        shortened(text["text"]),
        f"{holders(here, WAIVED_BY)}: read the whole report and its pictures at {place}",
    )
