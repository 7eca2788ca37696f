"""Tokens of a statement, in the two languages that Athena speaks.

Athena hands its DDL to a parser of Hive's language and everything else to Trino's. They differ in
quoting: ``"x"`` is a string to Hive and an identifier to Trino, and only Hive knows backslash
escapes and backticks. Offsets are kept, so that a part of a statement can be taken as it was typed.
"""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from localaws.athena.errors import InvalidRequestError


class Language(enum.Enum):
    """The language whose quoting rules apply."""

    TRINO = "trino"
    HIVE = "hive"


class Kind(enum.Enum):
    """What a token is."""

    WORD = "word"
    IDENTIFIER = "quoted identifier"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "<EOF>"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes
    ----------
    kind
        What it is.
    text
        As typed.
    value
        Without quotes and escapes.
    start, end
        Offsets in the statement, half-open.
    """

    kind: Kind
    text: str
    value: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of the unquoted upper-case ``words``."""
        return self.kind is Kind.WORD and self.text.upper() in words

    def is_symbol(self, symbol: str) -> bool:
        """Return whether this is the given punctuation."""
        return self.kind is Kind.SYMBOL and self.text == symbol


_SPACE_AND_COMMENTS = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+"
_COMMON = (
    r"(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))"
    r"|(?P<word>[^\W\d]\w*|\d\w+|@\w+)"
    r"|(?P<symbol><=|>=|<>|!=|\|\||->|=>|::|\S)"
)
_LEXERS = {
    Language.TRINO: re.compile(
        rf"(?P<skip>{_SPACE_AND_COMMENTS})"
        r"|(?P<string>'(?:[^']|'')*')"
        r'|(?P<identifier>"(?:[^"]|"")*"|`(?:[^`]|``)*`)'
        rf"|{_COMMON}",
        re.DOTALL,
    ),
    Language.HIVE: re.compile(
        rf"(?P<skip>{_SPACE_AND_COMMENTS})"
        r"|(?P<string>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\")"
        r"|(?P<identifier>`(?:[^`]|``)*`)"
        rf"|{_COMMON}",
        re.DOTALL,
    ),
}
_KINDS = {
    "string": Kind.STRING,
    "identifier": Kind.IDENTIFIER,
    "number": Kind.NUMBER,
    "word": Kind.WORD,
    "symbol": Kind.SYMBOL,
}
_HIVE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}
_HIVE_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[0-3][0-7]{2}|.)|''", re.DOTALL)


def _unescape_hive(match: re.Match[str]) -> str:
    escape = match.group(1)
    if escape is None:
        return "'"
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    if len(escape) == 3:
        return chr(int(escape, 8))
    return _HIVE_ESCAPES.get(escape, escape)


def _value(kind: Kind, text: str, language: Language) -> str:
    if kind is Kind.IDENTIFIER:
        quote = text[0]
        return text[1:-1].replace(quote * 2, quote)
    if kind is not Kind.STRING:
        return text
    if language is Language.HIVE:
        return _HIVE_ESCAPE.sub(_unescape_hive, text[1:-1])
    return text[1:-1].replace("''", "'")


def position(sql: str, offset: int) -> str:
    r"""Return a place in a statement as Athena words it.

    Examples
    --------
    >>> position("select\n1", 7)
    'line 2:1'
    """
    line = sql.count("\n", 0, offset) + 1
    column = offset - (sql.rfind("\n", 0, offset) + 1)
    # Athena counts columns from 1.
    return f"line {line}:{column + 1}"


def tokens(sql: str, language: Language) -> Iterator[Token]:
    """Split a statement; the last token is of kind ``END``.

    Lazy, so that the beginning of a statement can be read before its language is known.

    Raises
    ------
    InvalidRequestError
        A quote or a comment is not closed.
    """
    lexer = _LEXERS[language]
    offset = 0
    while offset < len(sql):
        match = lexer.match(sql, offset)
        if match is None:  # only trailing white space that \s does not know
            break
        group = match.lastgroup or ""
        start, offset = offset, match.end()
        if group == "skip":
            continue
        text = match.group()
        if group == "symbol" and (text in "'`" or (text == '"')):
            raise InvalidRequestError(f"{position(sql, start)}: mismatched input '{text}'")
        kind = _KINDS[group]
        yield Token(kind, text, _value(kind, text, language), start, offset)
    yield Token(Kind.END, "<EOF>", "", len(sql), len(sql))
