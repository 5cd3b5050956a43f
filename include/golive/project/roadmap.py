"""The stages of the move: their order, names, dates, questions, checklists, and who signs."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field, model_validator

from golive.project.declared import Declared, Slug, Text

# In the default order; the roles that sign each, unless the file names others.
SIGNED_BY: dict[str, tuple[str, ...]] = {
    "discover": ("lead",),
    "onboard": ("sponsor",),
    "implement": ("sponsor", "lead"),
    "data_validation_initial": ("lead",),
    "prework": ("lead",),
    "data_validation_mid_cycle": ("lead",),
    "data_validation_pre_final": ("lead",),
    "config_copy": ("lead",),
    "data_finalization": ("lead",),
    "final_migration": ("go_live",),
    "support": ("sponsor", "operations"),
}
STAGES = tuple(SIGNED_BY)
# Signed by the go/no-go on its dry run, and by its criteria.
GOING_LIVE = "final_migration"


class Question(Declared):
    """Something to be answered on a form with yes or no; ``weight`` is what a yes adds to the score."""

    id: Slug
    asks: Text
    weight: int = Field(default=1, ge=0, le=100)


class Item(Declared):
    """A line of a stage's checklist, with a box on the form of everybody who signs the stage.

    The stage closes once one of them has ticked it, unless it is not ``mandatory``. Another text, or
    another ``version`` of what it asks for, has to be ticked again.
    """

    id: Slug
    what: Text
    version: Text = "1"
    mandatory: bool = True


class Stage(Declared):
    """One stage of this project's roadmap; a plain name takes every default.

    ``after`` are the stages that must be complete before it opens; default: the one before it in the
    file. ``signs`` are the roles that sign, each on a form of its own. ``by_hand`` is a stage that no
    event starts, only a person. ``due`` is a date to hold, not one that is enforced.
    """

    name: Slug
    title: str | None = None
    after: tuple[Slug, ...] | None = None
    signs: tuple[Slug, ...] | None = None
    due: date | None = None
    by_hand: bool | None = None
    questions: tuple[Question, ...] = ()
    checklist: tuple[Item, ...] = ()
    threshold: int = Field(default=60, ge=0, le=100)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def shown(self) -> str:
        """The name as people read it."""
        return self.title or self.name.replace("_", " ")

    @property
    def signers(self) -> tuple[str, ...]:
        return self.signs if self.signs is not None else SIGNED_BY.get(self.name, ("lead",))

    @property
    def starts_by_hand(self) -> bool:
        """The night itself begins when a person says so, unless the file has it otherwise."""
        return self.by_hand if self.by_hand is not None else self.name == GOING_LIVE


class Document(Declared):
    """A document of the roadmap that the team reads."""

    name: Text
    link: Text
    version: Text = "1"
    stage: Slug
    readers: tuple[Slug, ...] = ()


DEFAULT_STAGES: tuple[Stage, ...] = tuple(Stage(name=name) for name in STAGES)
