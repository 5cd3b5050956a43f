"""What an expression of the project file says, read once and strictly.

Everything here is PostgreSQL's dialect and knows no engine: ``golive.databases.functions`` decides
which functions and types an engine accepts. A value must be the same when it is copied and when it
is compared, so whatever depends on the moment, the session or another row is refused. The parser
rewrites names (``ifnull`` becomes COALESCE, ``len`` LENGTH), so names are read from the tokens, as
written: the text that was checked is the text that runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError

from golive.project import words

Kind = Literal["column", "constant", "computed"]

_DIALECT = Dialect.get_or_raise("postgres")

# Types that take a size in parentheses; a text cast to one of _CLOCK may name a moving day.
_SIZED = re.compile(
    r"numeric|decimal|dec|varchar|char|character( varying)?|bpchar|timestamp|timestamptz|time|float|bit"
)
_WORD = re.compile(r"[^\W\d][\w$]*( varying)?", re.IGNORECASE)
_MOVING = re.compile(r"\b(now|today|tomorrow|yesterday)\b", re.IGNORECASE)
_MOVING_ALONE = re.compile(r"\s*(now|today|tomorrow|yesterday)(\s[\s\d:.+-]*)?", re.IGNORECASE)
_TEXT = frozenset({exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR, exp.DataType.Type.CHAR, exp.DataType.Type.BPCHAR})
_CLOCK = frozenset(
    {
        exp.DataType.Type.DATE,
        exp.DataType.Type.TIMESTAMP,
        exp.DataType.Type.TIMESTAMPTZ,
        exp.DataType.Type.TIME,
        exp.DataType.Type.TIMETZ,
    }
)

_NOT_WORDS = frozenset(
    {
        TokenType.STRING,
        TokenType.IDENTIFIER,
        TokenType.NATIONAL_STRING,
        TokenType.BYTE_STRING,
        TokenType.BIT_STRING,
        TokenType.HEX_STRING,
        TokenType.RAW_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.UNICODE_STRING,
    }
)


class ExpressionFault(Exception):
    """What is wrong with an expression, and what would be right; the caller knows file, line and key."""

    def __init__(self, what: str, right: str) -> None:
        super().__init__(f"{what}. Right: {right}")
        self.what = what
        self.right = right


@dataclass(frozen=True, slots=True)
class Call:
    """One function call as written: the name in lower case, each argument's text."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One expression over the columns of one table.

    ``columns`` are the distinct names it reads, in the order of their first use, folded as
    PostgreSQL folds them; ``kind`` is "column" for a bare column and "constant" for none at all.
    ``tree`` is for looking at; ``text`` is what runs.
    """

    text: str
    tree: exp.Expr
    columns: tuple[str, ...]
    calls: tuple[Call, ...]
    kind: Kind

    @property
    def functions(self) -> tuple[str, ...]:
        """The distinct names of its calls, in the order of their first use."""
        return tuple(dict.fromkeys(call.name for call in self.calls))


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """One SELECT that stands for a source table; which columns it gives is known to a server alone."""

    text: str
    tree: exp.Expr
    calls: tuple[Call, ...]

    @property
    def functions(self) -> tuple[str, ...]:
        """The distinct names of its calls, in the order of their first use."""
        return tuple(dict.fromkeys(call.name for call in self.calls))


def expression(text: str) -> Parsed:
    """Read one expression; raises ExpressionFault with the first thing that is wrong."""
    text = text.strip()
    tokens = _tokens(text, "expression")
    tree = _tree(text, "expression")
    _refuse_shape(tree)
    columns = _columns(tree)
    calls = _calls(text, tokens, frozenset())
    _refuse_moving(tokens, calls, tree)
    for name in (call.name for call in calls if call.name in words.SETS):
        raise ExpressionFault(f"{name}() gives many rows for one", "a query as `source` that makes those rows")
    kind: Kind = "column" if isinstance(tree, exp.Column) else "computed" if columns else "constant"
    return Parsed(text, tree, columns, calls, kind)


def query(text: str) -> ParsedQuery:
    """Read a source that is given as a query; raises ExpressionFault with the first thing that is wrong.

    One SELECT, with CTEs, joins and unions as it likes, that gives the same rows whenever it runs
    over the same data: a result that is cut (LIMIT) or drawn (TABLESAMPLE) does not.
    """
    text = text.strip()
    tokens = _tokens(text, "query")
    tree = _tree(text, "query")
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise ExpressionFault(f"is not a SELECT but {_short(tree)}", "one SELECT; WITH, joins and UNION are fine")
    for node in tree.walk():
        _refuse_in_query(node)
    for key, word in (("order", "ORDER BY"), ("limit", "LIMIT or FETCH"), ("offset", "OFFSET")):
        if tree.args.get(key):
            raise ExpressionFault(f"has {word} at its top", "the query without it: rows are read in the key's order")
    names = frozenset(
        alias.name.lower() for alias in tree.find_all(exp.TableAlias) if alias.name and alias.args.get("columns")
    )
    windows = frozenset(window.name.lower() for window in tree.args.get("windows") or [])
    calls = _calls(text, tokens, names | windows)
    _refuse_moving(tokens, calls, tree)
    return ParsedQuery(text, tree, calls)


def _tokens(text: str, noun: str) -> list[Token]:
    """The tokens of one statement without comments."""
    try:
        tokens = _DIALECT.tokenize(text)
    except SqlglotError as error:
        raise ExpressionFault("has a quote that is never closed", "quotes in pairs, inside a text doubled") from error
    if not tokens:
        raise ExpressionFault("is empty", "an SQL expression" if noun == "expression" else "one SELECT")
    if any(token.comments for token in tokens):
        raise ExpressionFault("contains a comment", "comments outside the SQL, as YAML's own: `# ...`")
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise ExpressionFault("is more than one statement", f"one {noun}, without a semicolon")
    _refuse_unpaired(tokens)
    first = tokens[0].text.lower()
    if first in words.STATEMENTS and _is_word(tokens[0]):
        allowed = f'an expression; a column of this name as "{first}"' if noun == "expression" else "one SELECT"
        raise ExpressionFault(f"begins a statement, {first.upper()}", f"{allowed}: nothing here may change data")
    return tokens


def _refuse_unpaired(tokens: list[Token]) -> None:
    """Refuse parentheses that do not pair: the parser lets some pass, and the text runs inside of others."""
    partner = {TokenType.R_PAREN: TokenType.L_PAREN, TokenType.R_BRACKET: TokenType.L_BRACKET}
    opened: list[Token] = []
    for token in tokens:
        if token.token_type in partner.values():
            opened.append(token)
        elif token.token_type in partner and (not opened or opened.pop().token_type is not partner[token.token_type]):
            opened.append(token)
            break
    if opened:
        place = f"line {opened[-1].line}, character {opened[-1].col}"
        raise ExpressionFault(f"has {opened[-1].text!r} at {place} without its partner", "parentheses in pairs")


def _tree(text: str, noun: str) -> exp.Expr:
    try:
        trees = _DIALECT.parse(text)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        place = f" at line {first['line']}, character {first['col']}" if first.get("line") else ""
        near = f", near {first['highlight']!r}" if first.get("highlight") else ""
        raise ExpressionFault(f"cannot be read{place}{near}", f"one {noun} in PostgreSQL's SQL") from error
    except SqlglotError as error:
        raise ExpressionFault("cannot be read", f"one {noun} in PostgreSQL's SQL") from error
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionFault(f"is not one {noun}", f"one {noun} in PostgreSQL's SQL")
    return trees[0]


def _refuse_shape(tree: exp.Expr) -> None:
    """Refuse what an expression over one row cannot be, whatever the engine."""
    for node in tree.walk():
        if isinstance(node, exp.Query | exp.Exists):
            raise ExpressionFault("contains a query", "a query as `source` that gives this value as a column")
        if isinstance(node, exp.Window):
            raise ExpressionFault(f"contains a window function, {_short(node)}", "a query as `source` that computes it")
        if isinstance(node, exp.AggFunc | exp.Filter | exp.WithinGroup):
            raise ExpressionFault(f"contains an aggregate, {_short(node)}", "a query as `source` that computes it")
        if isinstance(node, exp.Parameter | exp.Placeholder):
            raise ExpressionFault(f"contains a parameter, {_short(node)}", "the value itself")
        if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            raise ExpressionFault("contains `*`", "the columns by name, each with a line of its own")
        if isinstance(node, exp.Alias | exp.Aliases):
            raise ExpressionFault("gives a name with AS", "the expression alone: the key names the column")
        if isinstance(node, exp.Column) and node.table:
            raise ExpressionFault(f"qualifies a column, {_short(node)}", f"the column alone: {node.name}")
        if isinstance(node, exp.DML | exp.DDL | exp.Command):
            raise ExpressionFault(f"is a statement, {_short(node)}", "an expression over the table's columns")


def _refuse_in_query(node: exp.Expr) -> None:
    if isinstance(node, exp.DML | exp.Create | exp.Drop | exp.Command | exp.Returning):
        raise ExpressionFault("changes data", "a SELECT that reads and nothing else")
    if isinstance(node, exp.Into):
        raise ExpressionFault("contains SELECT INTO", "the same SELECT without INTO")
    if isinstance(node, exp.Lock):
        raise ExpressionFault("locks rows with FOR UPDATE or FOR SHARE", "the same SELECT without the lock")
    if isinstance(node, exp.TableSample):
        raise ExpressionFault("draws rows with TABLESAMPLE", "all rows: a sample is another one at every run")
    if isinstance(node, exp.Parameter | exp.Placeholder):
        raise ExpressionFault(f"contains a parameter, {_short(node)}", "the value itself")
    if isinstance(node, exp.Select):
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on") and not node.args.get("order"):
            raise ExpressionFault(
                "takes any row of each group (DISTINCT ON without ORDER BY)",
                "DISTINCT ON with ORDER BY down to a unique column, in a WITH or in FROM",
            )
        if (node.args.get("limit") or node.args.get("offset")) and not node.args.get("order"):
            raise ExpressionFault("cuts rows without an order", "LIMIT with ORDER BY down to a unique column")


def _columns(tree: exp.Expr) -> tuple[str, ...]:
    found = sorted(tree.find_all(exp.Column), key=_position)
    for column in found:
        if _folded(column) in words.SYSTEM_COLUMNS:
            raise ExpressionFault(
                f"reads the system column {_folded(column)}", "a column of the table: this one changes by itself"
            )
    return tuple(dict.fromkeys(_folded(column) for column in found))


def _position(column: exp.Column) -> int:
    start = column.this.meta.get("start")
    return int(start) if start is not None else 0


def _folded(column: exp.Column) -> str:
    quoted = isinstance(column.this, exp.Identifier) and column.this.quoted
    return str(column.name) if quoted else str(column.name).lower()


def _calls(text: str, tokens: list[Token], names: frozenset[str]) -> tuple[Call, ...]:
    """Every function call; ``names`` are words of this query that open a list of columns."""
    calls = []
    for at, token in enumerate(tokens[:-1]):
        if tokens[at + 1].token_type is not TokenType.L_PAREN or not (_is_word(token) or _is_quoted(token)):
            continue
        before = tokens[at - 1] if at else None
        name = token.text.lower()
        if name in names or (_is_word(token) and name in words.GRAMMAR):
            continue
        sized = before is not None and (before.token_type is TokenType.DCOLON or before.text.lower() == "as")
        if sized and _SIZED.fullmatch(name):
            continue
        if before is not None and before.token_type is TokenType.DOT:
            raise ExpressionFault(f"calls {name}() with a schema", "a function of the accepted table, without a schema")
        if _is_quoted(token):
            raise ExpressionFault(f'calls "{token.text}"() by a quoted name', "the name without quotes")
        calls.append(Call(name, _arguments(text, tokens, at + 1)))
    return tuple(calls)


def _arguments(text: str, tokens: list[Token], opening: int) -> tuple[str, ...]:
    """The texts between the parenthesis at ``opening`` and its partner, cut at commas."""
    depth, start, parts = 0, tokens[opening].end + 1, []
    for token in tokens[opening:]:
        if token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET):
            depth += 1
        elif token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET):
            depth -= 1
        if depth == 0 or (depth == 1 and token.token_type is TokenType.COMMA):
            parts.append(text[start : token.start].strip())
            start = token.end + 1
        if depth == 0:
            break
    return () if parts == [""] else tuple(parts)


def _refuse_moving(tokens: list[Token], calls: tuple[Call, ...], tree: exp.Expr) -> None:
    """Refuse what is another value at another moment or in another session."""
    bare = [
        token.text.lower()
        for at, token in enumerate(tokens)
        if _is_word(token) and (at == 0 or tokens[at - 1].token_type is not TokenType.DOT)
    ]
    names = [call.name for call in calls] + [word for word in bare if word in words.BARE]
    for name in names:
        if name in words.MOMENT:
            raise ExpressionFault(
                f"uses {name}, which is another value at every run", "a column or a literal, such as date '2025-07-01'"
            )
        if name in words.SESSION:
            raise ExpressionFault(
                f"uses {name}, which depends on the session", f'a literal, or a column; one of this name as "{name}"'
            )
    for literal in tree.find_all(exp.Literal):
        _refuse_moving_literal(literal)


def _refuse_moving_literal(literal: exp.Literal) -> None:
    """Refuse 'today' and its like, which a comparison with a date reads as a date."""
    if not literal.is_string:
        return
    parent = literal.parent
    to = parent.args["to"].this if isinstance(parent, exp.Cast | exp.TryCast) else None
    moving = _MOVING.search(literal.name) if to in _CLOCK else _MOVING_ALONE.fullmatch(literal.name)
    if moving and to not in _TEXT:
        raise ExpressionFault(
            f"uses {literal.name!r}, which can be read as a moment",
            f"a date such as date '2025-07-01'; for the word itself, cast('{literal.name}' as text)",
        )


def _is_word(token: Token) -> bool:
    return token.token_type not in _NOT_WORDS and _WORD.fullmatch(token.text) is not None


def _is_quoted(token: Token) -> bool:
    return token.token_type is TokenType.IDENTIFIER


def _short(node: exp.Expr) -> str:
    text = node.sql(dialect="postgres")
    return f"`{text}`" if len(text) <= 40 else f"`{text[:37]}...`"
