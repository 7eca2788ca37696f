"""Which tables and views a query names."""

from collections.abc import Iterator, Sequence

from localaws.athena.sql.names import Name
from localaws.athena.sql.query import Query
from localaws.athena.sql.tokens import Kind, Token

_BEFORE_TABLE = ("FROM", "JOIN", "INTO", "UPDATE", "USING", "TABLE")
_LIST_OF_TABLES = ("FROM",)
_ENDS_LIST = (
    *("WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "WINDOW", "ON", "SET", "WHEN"),
    *("SELECT", "UNION", "EXCEPT", "INTERSECT", "VALUES", "FETCH"),
)
_NO_NAMES = ("SELECT", "WITH", "VALUES", "TABLE", "LATERAL", "UNNEST", "ONLY")
_NAME_KINDS = frozenset({Kind.WORD, Kind.IDENTIFIER})


def referenced_tables(query: Query) -> list[Name]:
    """Return the names that stand where a query names a table, each once, in their order.

    Names of common table expressions are left out. A word after FROM that is no table, as in
    ``extract(day from x)``, may be among them: the catalog knows which names are tables.

    Examples
    --------
    >>> [name.table for name in referenced_tables(Query.of("select a from x, d.y join z on true"))]
    ['x', 'y', 'z']
    """
    read = query.tokens
    expressions = _common_table_expressions(read)
    found = dict.fromkeys(
        name for name in _names(read) if name.database is not None or name.table not in expressions
    )
    return list(found)


def _names(read: Sequence[Token]) -> Iterator[Name]:
    in_list: list[bool] = [False]
    for index, token in enumerate(read):
        if token.is_symbol("("):
            # In parentheses after FROM there may be another list, or a query.
            in_list.append(in_list[-1] and _is_table_place(read, index))
        elif token.is_symbol(")") and len(in_list) > 1:
            in_list.pop()
        elif token.is_word(*_LIST_OF_TABLES):
            in_list[-1] = True
        elif token.is_word(*_ENDS_LIST):
            in_list[-1] = False
        opens = token.is_symbol("(") and _is_table_place(read, index)
        if token.is_word(*_BEFORE_TABLE) or (in_list[-1] and (token.is_symbol(",") or opens)):
            name = _name_at(read, index + 1)
            if name is not None:
                yield name


def _is_table_place(read: Sequence[Token], index: int) -> bool:
    before = read[index - 1] if index else None
    return before is not None and (
        before.is_word("FROM", "JOIN") or before.is_symbol(",") or before.is_symbol("(")
    )


def _name_at(read: Sequence[Token], index: int) -> Name | None:
    """Return the dotted name that begins at a token; None if there is none or it is a call."""
    parts: list[str] = []
    if read[min(index, len(read) - 1)].is_word(*_NO_NAMES):
        return None
    while index < len(read) and read[index].kind in _NAME_KINDS:
        parts.append(read[index].value.lower())
        index += 1
        if index >= len(read) or not read[index].is_symbol("."):
            break
        index += 1
    if not parts or len(parts) > 3 or (index < len(read) and read[index].is_symbol("(")):
        return None
    # A table's own lists, such as "t$partitions", need what the table needs.
    table = parts[-1].partition("$")[0] or parts[-1]
    missing: list[str | None] = [None, None]
    catalog, database = [*missing, *parts[:-1]][-2:]
    return Name(table, database, catalog)


def _common_table_expressions(read: Sequence[Token]) -> frozenset[str]:
    """Return the names before ``AS (`` and before ``(columns) AS (``."""
    names: set[str] = set()
    for index, token in enumerate(read[:-1]):
        if not (token.is_word("AS") and read[index + 1].is_symbol("(")):
            continue
        before = index - 1
        if before >= 0 and read[before].is_symbol(")"):
            before = _opening(read, before) - 1
        if before >= 0 and read[before].kind in _NAME_KINDS:
            names.add(read[before].value.lower())
    return frozenset(names)


def _opening(read: Sequence[Token], index: int) -> int:
    depth = 0
    while index >= 0:
        if read[index].is_symbol(")"):
            depth += 1
        elif read[index].is_symbol("("):
            depth -= 1
            if depth == 0:
                return index
        index -= 1
    return 0
