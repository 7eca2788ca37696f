"""Execution parameters: values for the question marks of a statement."""

from collections.abc import Sequence

from localaws.athena.errors import failure
from localaws.athena.sql.tokens import Language, tokens


def bind(sql: str, parameters: Sequence[str]) -> str:
    """Replace question marks by values.

    Parameters
    ----------
    sql
        A statement.
    parameters
        Expressions as they are typed in SQL, strings with their quotes.

    Raises
    ------
    QueryFailedError
        There are more or fewer question marks than values.

    Examples
    --------
    >>> bind("select ?, '?'", ["1"])
    "select 1, '?'"
    """
    marks = [token for token in tokens(sql, Language.TRINO) if token.is_symbol("?")]
    if len(marks) != len(parameters):
        raise failure(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {len(marks)} but found "
            f"{len(parameters)}",
        )
    parts: list[str] = []
    at = 0
    for mark, value in zip(marks, parameters, strict=True):
        parts += [sql[at : mark.start], value]
        at = mark.end
    return "".join(parts) + sql[at:]
