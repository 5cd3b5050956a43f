"""Which functions, types and operators an engine accepts, and an expression as that engine's SQL.

The SQL parser does not refuse what it cannot translate, so nothing passes that is not in the
engine's table, where every line has been tried on a real server. An engine adds its table here.
"""

from __future__ import annotations

from functools import cache

from sqlglot import exp

from golive.databases.accepted import Accepted, Function, Sample
from golive.databases.postgresql.functions import accepted as _postgresql
from golive.project.expressions import Call, ExpressionFault, Parsed, ParsedQuery, expression

ACCEPTED: dict[str, Accepted] = {"postgresql": _postgresql()}

# Aggregates whose result depends on the order in which rows arrive.
_ORDERED = frozenset({"string_agg", "array_agg", "jsonb_agg"})
_FORMS = (
    "||, arithmetic, comparisons, LIKE, ~, IN, BETWEEN, IS, CASE, AND, OR, NOT, AT TIME ZONE, -> and ->>,"
    " plain quoted texts, or an accepted function"
)
_CASTS = (exp.Cast, exp.TryCast)


def faults_of(parsed: Parsed | ParsedQuery, engine: str) -> list[ExpressionFault]:
    """Everything in this expression or query that the engine's table does not accept; empty if all is.

    Raises KeyError for an engine without a table.
    """
    table = ACCEPTED[engine]
    in_query = isinstance(parsed, ParsedQuery)
    faults = [fault for call in parsed.calls if (fault := _call_fault(call, table, in_query=in_query))]
    faults += _type_faults(parsed.tree, table, in_query=in_query)
    if not faults and not in_query:
        faults += _form_faults(parsed, engine)
    return faults


def render(parsed: Parsed, engine: str) -> str:
    """The expression as SQL of this engine, in parentheses, for use anywhere in a SELECT.

    Raises ExpressionFault for what the engine does not accept. PostgreSQL gets the very text that
    was checked: the parser's own rendering would rewrite calls (``btrim`` to TRIM, ``mod`` to %).
    A caller who also binds values has to double the per cent signs.
    """
    for fault in faults_of(parsed, engine):
        raise fault
    return f"({parsed.text})"


def _call_fault(call: Call, table: Accepted, *, in_query: bool) -> ExpressionFault | None:
    function = table.functions.get(call.name)
    if function is None or (function.query_only and not in_query):
        why, right = table.refused.get(
            call.name, ("is not in the table of accepted functions", f"one of {_spoken(table, in_query=in_query)}")
        )
        return ExpressionFault(f"{call.name}() {why}", right)
    return _argument_fault(call, function)


def _argument_fault(call: Call, function: Function) -> ExpressionFault | None:
    count = len(call.arguments)
    if count < function.least or (function.most is not None and count > function.most):
        extra = "; flags are not accepted" if call.name == "regexp_replace" and count > function.least else ""
        return ExpressionFault(f"{call.name}() has {count} argument(s)", f"{_count(function)}{extra}")
    for at, words in function.words:
        if call.arguments[at].lower() not in words:
            return ExpressionFault(f"{call.name}() is given {call.arguments[at]}", " or ".join(words))
    if call.name in _ORDERED and "order by" not in " ".join(call.arguments[-1].lower().split()):
        return ExpressionFault(
            f"{call.name}() takes the rows in any order", f"{call.name}(... order by ...), down to a unique column"
        )
    return None


def _count(function: Function) -> str:
    if function.most is None:
        return f"{function.least} or more arguments"
    if function.least == function.most:
        return f"{function.least} argument(s)"
    return f"{function.least} to {function.most} arguments"


def _spoken(table: Accepted, *, in_query: bool) -> str:
    return ", ".join(sorted(name for name, each in table.functions.items() if in_query or not each.query_only))


def _type_faults(tree: exp.Expr, table: Accepted, *, in_query: bool) -> list[ExpressionFault]:
    """Casts to types outside the table. A query may use the source's own types, an expression may not."""
    faults = []
    for cast in tree.find_all(*_CASTS):
        to = cast.args["to"]
        inner = to.expressions[0] if _type_name(to) == "ARRAY" and to.expressions else to
        name = _type_name(inner)
        if extra := [key for key in cast.args if key not in ("this", "to") and cast.args[key]]:
            what = f"casts with {extra[0].upper()}, which hides a wrong value"
            faults.append(ExpressionFault(what, "the cast alone: a value that it refuses sends the row to quarantine"))
        if name in table.types or (in_query and name == "USERDEFINED"):
            continue
        right = "text: the copy itself casts to the column's type"
        faults.append(ExpressionFault(f"casts to {to.sql(dialect='postgres')}, which is not accepted", right))
    return faults


def _type_name(to: exp.Expr) -> str:
    return str(getattr(to.this, "name", "")) if isinstance(to, exp.DataType) else ""


def _form_faults(parsed: Parsed | ParsedQuery, engine: str) -> list[ExpressionFault]:
    for node in parsed.tree.walk():
        if type(node) not in _forms(engine):
            text = parsed.text if node is parsed.tree else node.sql(dialect="postgres")
            return [ExpressionFault(f"`{text}` is not an accepted form", _FORMS)]
        if isinstance(node, exp.Collate) and node.expression.name != "C":
            what = f'uses the collation "{node.expression.name}"'
            return [ExpressionFault(what, '"C", which is the same on every server')]
    return []


@cache
def _forms(engine: str) -> frozenset[type[exp.Expr]]:
    """The parser's node types that the samples of an engine consist of: what has no sample is refused."""
    samples: list[Sample] = [*ACCEPTED[engine].syntax]
    for function in ACCEPTED[engine].functions.values():
        if not function.query_only:
            samples += function.samples
    for of_type in ACCEPTED[engine].types.values():
        samples += of_type
    found: set[type[exp.Expr]] = {exp.Column, exp.Identifier}
    for sample in samples:
        found |= {type(node) for node in expression(sample.sql).tree.walk()}
    return frozenset(found)
