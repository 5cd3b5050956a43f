"""What people learn with: whether it shows the system that they will get, and whether it is there at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from golive.readiness.asked import counted, holders
from golive.readiness.site import Outcome, Record

if TYPE_CHECKING:
    from golive.readiness.site import Site


def check_materials(site: Site) -> Outcome:
    """Every guide, script, demo, video and exercise shows the build that people will get; each course has some.

    A material's build is what people recorded, unless the project file declares the right one. A demo
    must have been given, in that build. Whatever changed since the last look is kept.
    """
    training = site.project.training
    standing = {e.payload["name"]: e.payload for e in site.ledger.latest(site.project.name, "material", by=("name",))}
    found = {name: dict(payload) for name, payload in standing.items()}
    for material in training.materials:
        recorded = found.get(material.name)
        if recorded is None or (material.build == training.build != recorded["build"]):
            # What was delivered was the earlier build: this one has not been shown to anybody.
            found[material.name] = {
                "name": material.name, "kind": material.kind, "build": material.build, "link": material.link,
                "delivered_on": "",
            }  # fmt: skip
    missing = [*_stale(site, found), *_not_given(site, found), *_without_any(site)]
    stale = sum(payload["build"] != training.build for payload in found.values())
    says = (
        f"{counted(len(found), 'material')}, {stale} of another build than {training.build}."
        if found else "No material is declared or recorded."
    )  # fmt: skip
    records = tuple(Record("material", payload) for name, payload in found.items() if standing.get(name) != payload)
    return Outcome(says, records, tuple(missing))


def _stale(site: Site, found: dict[str, dict[str, Any]]) -> Iterator[str]:
    build = site.project.training.build
    for name, payload in found.items():
        if payload["build"] != build:
            yield (
                f"The {payload['kind']} {name} shows build {payload['build']}, and people will get build {build}."
                f" {holders(site, 'lead')}: have it made anew, enter it with {site.project.name}.record, and clear"
                " check_materials"
            )


def _not_given(site: Site, found: dict[str, dict[str, Any]]) -> Iterator[str]:
    build = site.project.training.build
    for name, payload in found.items():
        if payload["kind"] == "demo" and payload["build"] == build and not payload["delivered_on"]:
            yield (
                f"The demo {name} was not given in build {build} yet. {holders(site, 'lead')}: give it, enter the"
                f" day as a delivery with {site.project.name}.record, and clear check_materials"
            )


def _without_any(site: Site) -> Iterator[str]:
    for course in site.project.training.courses:
        if not course.materials:
            yield (
                f"The course {course.title} has no material. {holders(site, 'lead')}: name it under `materials` in the"
                " project file, then clear check_materials"
            )
