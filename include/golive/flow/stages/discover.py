"""Discover: what there is to read, whether both systems can be reached, what the source holds, who is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Param

from golive.flow.people import Question, Shown, link
from golive.flow.stages.frame import carry_out, end_if_complete, look
from golive.readiness.questions import ASKED_OF, NO, QUESTION, YES, to_answer

if TYPE_CHECKING:
    from golive.flow.world import World
    from golive.project.roadmap import Stage


@look
def list_documents(project: str) -> str:
    """Lists the documents of the roadmap, tries every link, and says who has not read what.

    If it fails, its message names the documents whose links lead nowhere: correct them in the project file. What
    nobody has read yet is said, and stops nothing. Safe to clear.
    """
    from golive.readiness.documents import list_documents

    return carry_out(project, list_documents)


@look
def test_connections(project: str) -> str:
    """Reaches the source, the target and the ledger, and looks whether their logins have the rights they need.

    If it fails, its message names the system and what to grant: to copy, and to freeze on the night. A server
    that does not answer is tried again by itself. Changes nothing. Safe to clear.
    """
    from golive.readiness.profiled import test_connections

    return carry_out(project, test_connections)


@look
def profile_source(project: str) -> str:
    """Measures the source: sizes, keys, cursors, duplicates, orphans, damaged texts, what is in use. Only reads.

    What endangers the move becomes a risk of the register; the onboard stage asks for its owner. No statement
    runs longer than a minute: what could not be looked at is said. If it fails, the project file does not fit the
    databases: its message lists every fault. Safe to clear.
    """
    from golive.readiness.profiled import profile_source

    return carry_out(project, profile_source)


@look
def score_readiness(project: str) -> str:
    """Scores the answers and the profile of this run, and proposes 'ready' or 'not ready'.

    A low score stops nothing: whoever signs the stage decides. If it fails, answers or profile are missing: clear
    the task that its message names. Safe to clear.
    """
    from golive.readiness.questions import score_readiness

    return carry_out(project, score_readiness)


def answer_questions(stage: Stage) -> Question:
    """The questions of the stage on one form, each to be answered with yes or no."""

    def shown(here: World) -> Shown:
        end_if_complete(here)
        evidence = to_answer(here)
        lines = "\n".join(f"- {each['asks']} (weighs {each['weight']})" for each in evidence["questions"])
        body = (
            f"Is your organisation ready to begin? Please answer every question:\n\n{lines}\n\nThe answers and the"
            " state of the data make a score, which whoever signs this stage will see. Approve hands them in,"
            f" whatever they say. Reject ends this run; nothing is scored.\n\n[The report]({link(here)})"
        )
        return Shown(evidence, body)

    # An empty text is how a field says that nobody filled it in: an answer is never a default.
    fields = {
        question.id: Param("", type="string", enum=["", YES, NO], title=question.asks) for question in stage.questions
    }
    return Question(QUESTION, ASKED_OF, "are you ready to begin?", _DOC, shown, fields=fields)


_DOC = """Asks the project's lead the questions of this stage. It waits for a person: Required Actions shows the form.

If it fails, the answer was no, came too late or from somebody else, or a question was left open: its message
says which. Clear this task to be asked again. Marking it as success answers nothing: score_readiness reads the
ledger."""
