"""Comparisons that a project declares: what both systems have to say alike, beyond the rows that were copied.

Both sides give their rows in one order and are walked side by side, so nothing is held but the row at hand and a few
examples. Every group, judgement, code or key that does not agree is named in a file beside the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from golive.compare import Pair, Side
from golive.databases import Database
from golive.errors import Transient
from golive.project import Project
from golive.project.files import file_of
from golive.project.proving import Comparison, Moment
from golive.project.sides import all_sensitive, origins, sensitive_columns
from golive.results import CheckResult, Group, Severity, Verdict
from golive.validation.codes import Codes
from golive.validation.corpus import Corpus
from golive.validation.failing import Counted, FailingKeys, KeepKeys
from golive.validation.sessions import one_line, one_moment
from golive.validation.side_by_side import Rows, Walk, ordered


def comparisons_of(project: Project, moment: Moment) -> tuple[Comparison, ...]:
    """The comparisons of a pass, in the project file's order; of the go-live also those of the last pass."""
    now = {moment, "pre_final"} if moment == "go_live" else {moment}
    return tuple(each for each in project.comparisons if now & set(each.passes))


def run_comparisons(
    project: Project,
    source: Database,
    target: Database,
    moment: Moment,
    keep_keys: KeepKeys,
    secret: bytes,
    *,
    folder: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[CheckResult]:
    """A result for every comparison of a pass, or of the go-live, in the project file's order.

    Nothing is written on either side, and each reads either side as it is at one moment of its own. One that cannot
    be made, whatever the reason, is ERROR and the others go on; where a server went away, only if it does so twice.
    Where there is nothing on both sides, no sum but 0, or a place without a key to try, it is VACUOUS. ``keep_keys``
    gets all that does not agree as a stream, which it reads to its end; what it raises leaves as it is. ``secret``
    hashes what does not agree, to tell it from anything else. ``folder`` is the project's, where files and validators
    are; ``progress`` is told each comparison before it is made.
    """
    hidden = _sensitive(project)
    results: list[CheckResult] = []

    def walked(comparison: Comparison, stack: ExitStack) -> Walk:
        pair = _pair(source, target, stack)
        return _walk(comparison, pair, stack, hidden, folder or file_of(project.name).parent, secret)

    for comparison in comparisons_of(project, moment):
        if progress is not None:
            progress(comparison.name)
        results.append(_made(comparison, partial(walked, comparison), keep_keys))
    return results


class _NotKept(Exception):
    """What ``keep_keys`` raised: no word about the comparison, which may not swallow it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _made(
    comparison: Comparison, walked: Callable[[ExitStack], Walk], keep_keys: KeepKeys, *, again: bool = True
) -> CheckResult:
    """The result of a comparison, made once more on fresh sessions if one of them was lost."""
    try:
        with ExitStack() as stack:
            return _judged(comparison, walked(stack), keep_keys)
    except _NotKept as lost:
        raise lost.error from None
    except Exception as error:
        if again and isinstance(error, Transient):
            return _made(comparison, walked, keep_keys, again=False)
        return _result(comparison, Verdict.ERROR, f"it could not be made: {one_line(error)}")


def _pair(source: Database, target: Database, stack: ExitStack) -> Pair:
    """Sessions of both sides, each at one moment, for as long as the stack is open."""
    reader, other = (stack.enter_context(side.session(read_only=True)) for side in (source, target))
    pair = Pair(Side(source, reader), Side(target, other))
    stack.enter_context(one_moment(pair))
    return pair


def _walk(
    comparison: Comparison, pair: Pair, stack: ExitStack, hidden: frozenset[str], folder: Path, secret: bytes
) -> Walk:
    if comparison.kind == "corpus":
        return Corpus(comparison, pair, stack, folder, secret)
    assert comparison.source is not None and comparison.target is not None
    key, seconds = comparison.key, comparison.seconds
    ours = ordered(pair.source, "source", comparison.source, key, seconds, stack)
    theirs = ordered(pair.target, "target", comparison.target, key, seconds, stack)
    return (Codes if comparison.kind == "codes" else Rows)(comparison, ours, theirs, hidden, secret)


def _judged(comparison: Comparison, walk: Walk, keep_keys: KeepKeys) -> CheckResult:
    failing = walk.failing()
    first = next(failing, None)
    if first is None:
        verdict = Verdict.PASS if walk.proves else Verdict.VACUOUS
        return _result(comparison, verdict, walk.says, walk)
    every = Counted(chain([first], failing))
    try:
        kept = keep_keys(FailingKeys(None, comparison.name, walk.columns, iter(every), Group.COMPARISON))
    except Exception as error:
        if every.broke:
            raise
        raise _NotKept(error) from error
    # The count is complete whatever the caller has read.
    every.exhaust()
    evidence = {"failing": every.rows, "keys": kept, "columns": list(walk.columns), "digest": walk.digest}
    return _result(comparison, Verdict.FAIL, walk.says, walk, evidence)


def _result(
    comparison: Comparison,
    verdict: Verdict,
    what: str,
    walk: Walk | None = None,
    evidence: dict[str, Any] | None = None,
) -> CheckResult:
    found = {} if walk is None else walk.evidence
    return CheckResult(
        comparison.name, None, verdict, f"{comparison.says.rstrip('. ')}: {what}",
        looked_at=0 if walk is None else walk.seen, diff=None if walk is None else walk.diff,
        evidence={"kind": comparison.kind, **found, **(evidence or {})}, group=Group.COMPARISON,
        severity=Severity(comparison.severity), owner=comparison.owner,
    )  # fmt: skip


def _sensitive(project: Project) -> frozenset[str]:
    """Columns that are sensitive wherever they are declared: in a query, one of their name is masked too."""
    made_of = (
        name
        for spec in project.tables
        for column in sensitive_columns(project, "target", spec.target)
        for name in origins(spec, column)
    )
    return frozenset(made_of).union(*all_sensitive(project).values())
