"""The score of readiness: how it is made, what it proposes, and without what there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.readiness.preparing import BASE, School, approve
from tests.integration.readiness.site import Place

from golive.readiness import questions

ASKED = """\
stages:
  - name: discover
    threshold: 60
    questions:
      - {id: backups, asks: "Are backups tried?", weight: 3}
      - {id: owners, asks: "Has every module an owner?", weight: 1}
"""


@pytest.fixture
def school(pair: tuple[str, str], new_database: Callable[..., str]) -> School:
    return School(pair, new_database)


def profiled(place: Place, *, mapped: int, sound: int) -> None:
    payload = {"tables": 9, "mapped": mapped, "sound": sound, "rows": 1, "bytes": 1, "findings": 0}
    place.write("profile", payload, evidence={"a": "profile"})


@pytest.mark.parametrize(
    ("backups", "owners", "sound", "score", "proposal"),
    [
        ("yes", "yes", 4, 100, "ready"),
        ("yes", "no", 2, 62, "ready"),  # 75 and 50
        ("no", "yes", 3, 50, "not ready"),  # 25 and 75
        ("no", "no", 0, 0, "not ready"),
    ],
)
def test_the_score_is_the_mean_of_answers_and_data(
    school: School, backups: str, owners: str, sound: int, score: int, proposal: str
) -> None:
    place = school.place(ASKED, stage="discover")
    profiled(place, mapped=4, sound=sound)
    approve(place, "questions", questions.to_answer(place), "ann", backups=backups, owners=owners)
    found = place.keep(questions.score_readiness(place))
    assert found.missing == ()
    assert found.says.startswith(f"Readiness {score} of 100, 60 needed: proposes {proposal!r}.")
    payload = found.records[0].payload
    assert (payload["score"], payload["threshold"], payload["proposal"]) == (score, 60, proposal)
    assert ("No: " in found.says) == ("no" in (backups, owners))


def test_without_questions_the_data_alone_is_scored(school: School) -> None:
    place = school.place("stages: [discover]\n", stage="discover")
    profiled(place, mapped=3, sound=1)
    assert questions.score_readiness(place).records[0].payload["score"] == 33


def test_neither_answers_nor_profile_of_another_run_count(school: School) -> None:
    before = school.place(ASKED, stage="discover", run="before")
    profiled(before, mapped=4, sound=4)
    approve(before, "questions", questions.to_answer(before), "ann", backups="yes", owners="yes")
    found = questions.score_readiness(school.place(ASKED, stage="discover"))
    assert found.records == () and found.missing == (
        "The questions were not answered in this run. Clear answer_questions, which asks them",
        "The source was not profiled in this run. Clear profile_source",
    )


def test_a_question_that_came_later_has_to_be_answered_too(school: School) -> None:
    place = school.place(ASKED, stage="discover")
    profiled(place, mapped=4, sound=4)
    approve(place, "questions", questions.to_answer(place), "ann", backups="yes")
    (missing,) = questions.score_readiness(place).missing
    assert missing.startswith("'Has every module an owner?' was not answered")


@pytest.mark.parametrize(
    ("text", "base"),
    [(ASKED.replace("weight: 3", "weight: 5"), BASE), (ASKED, BASE.replace("lead: [ann]", "lead: [otto]"))],
)
def test_an_answer_to_other_questions_or_of_somebody_who_left_is_none(school: School, text: str, base: str) -> None:
    before = school.place(ASKED, stage="discover")
    approve(before, "questions", questions.to_answer(before), "ann", backups="yes", owners="yes")
    now = school.place(text, stage="discover", base=base)
    profiled(now, mapped=4, sound=4)
    (missing,) = questions.score_readiness(now).missing
    assert missing.startswith("The questions were not answered in this run")
