"""The risk register: what people declared, and what was found in the data; no high risk without an owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.project.people import Risk
    from golive.readiness.site import Papers, Site


DEGREES = ("low", "medium", "high")


def check_risks(site: Site) -> Outcome:
    """Every high risk that is open has an owner who is there today, and none is past the day of its review.

    A risk is high if one of likelihood and impact is high and the other is not low. The register is
    the file's risks, and those of the ledger that are not closed: raised by the discover stage out of
    the data, or entered by people. A risk of the file with the id of one in the ledger takes it over,
    but for its state; one that has grown since is open again. What stays open is what the sponsors accept
    when they sign the stage.
    """
    found = register(site)
    named = {risk.id for risk in site.project.risks}
    live = [risk for risk in found.values() if risk["state"] == "open"]
    alarming = [risk for risk in live if high(risk)]
    accepted = sum(risk["state"] == "accepted" for risk in found.values())
    says = f"{counted(len(found), 'risk')}: {len(live)} open, {len(alarming)} of them high, {accepted} accepted"
    if alarming:
        says += "; high: " + "; ".join(f"{risk['what']} ({risk['owner'] or 'nobody'})" for risk in alarming)
    missing = tuple(line for risk in live for line in _gaps(site, risk, of_file=risk["id"] in named))
    return Outcome(f"{says}.", tuple(Record("risk", risk) for risk in found.values()), missing)


def register(papers: Papers) -> dict[str, dict[str, Any]]:
    """Every risk by its id, as file and ledger have it now: those of the file, and all others that are not closed."""
    latest = papers.ledger.latest(papers.project.name, "risk", by=("id",))
    known = {entry.payload["id"]: entry.payload for entry in latest}
    declared = {risk.id: _declared(risk, known.get(risk.id)) for risk in papers.project.risks}
    return {name: risk for name, risk in (known | declared).items() if risk["state"] != "closed" or name in declared}


def unowned(site: Site) -> list[dict[str, Any]]:
    """The open high risks without an owner, as the ledger holds them: those that the data raised, above all."""
    named = {risk.id for risk in site.project.risks}
    latest = site.ledger.latest(site.project.name, "risk", by=("id",))
    return [
        dict(entry.payload)
        for entry in latest
        if entry.payload["state"] == "open"
        and high(entry.payload)
        and not entry.payload["owner"]
        and entry.payload["id"] not in named
    ]


def high(risk: Mapping[str, Any]) -> bool:
    """One of likelihood and impact is high, and the other is not low."""
    both = {risk["likelihood"], risk["impact"]}
    return "high" in both and "low" not in both


def grown(risk: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether likelihood or impact is graver than it was: what was accepted then was another risk."""
    return any(DEGREES.index(risk[each]) > DEGREES.index(before[each]) for each in ("likelihood", "impact"))


def _declared(risk: Risk, before: Mapping[str, Any] | None) -> dict[str, Any]:
    now = {
        "id": risk.id, "what": risk.what, "likelihood": risk.likelihood, "impact": risk.impact, "owner": risk.owner,
        "mitigation": risk.mitigation, "review": str(risk.review), "raised_by": "people",
    }  # fmt: skip
    return now | {"state": "open" if before is None or grown(now, before) else before["state"]}


def _gaps(site: Site, risk: Mapping[str, Any], *, of_file: bool) -> Iterator[str]:
    owner = str(risk["owner"])
    if high(risk) and not (owner and site.project.holders(owner, site.today)):
        why = f"nobody holds the role {owner} of its owner today" if owner else "nobody owns it"
        yield (
            f"The risk {risk['id']} is high, and {why}: {risk['what']}. {holders(site, 'lead')}: name a role that"
            f" somebody holds as its `owner` under `risks` with this id, or enter it with {site.project.name}.record"
        )
    if risk["review"] and risk["review"] < str(site.today):
        where = "under `risks`" if of_file else f"with {site.project.name}.record"
        yield (
            f"The risk {risk['id']} was to be reviewed on {risk['review']}. {holders(site, owner)}: review it, and set"
            f" a new day {where}"
        )
