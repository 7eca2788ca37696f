"""Reading tokens one after the other, with Athena's words for what does not fit."""

from collections.abc import Callable
from typing import TypeVar

from localaws.athena.errors import MALFORMED_QUERY, InvalidRequestError
from localaws.athena.sql.names import Name
from localaws.athena.sql.query import Query
from localaws.athena.sql.tokens import Kind, Language, Token, position, tokens

_Item = TypeVar("_Item")

# Reserved words of Athena's DDL: they need backticks there.
_RESERVED = """
ALL ALTER AND ARRAY AS AUTHORIZATION BETWEEN BIGINT BINARY BOOLEAN BOTH BY CASE CASHE CAST CHAR
COLUMN CONF CONSTRAINT COMMIT CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_TIMESTAMP CURSOR
DATABASE DATE DAYOFWEEK DECIMAL DELETE DESCRIBE DISTINCT DIV DOUBLE DROP ELSE END EXCHANGE
EXISTS EXTENDED EXTERNAL EXTRACT FALSE FETCH FLOAT FLOOR FOLLOWING FOR FOREIGN FROM FULL
FUNCTION GRANT GROUP GROUPING HAVING IF IMPORT IN INNER INSERT INT INTEGER INTERSECT INTERVAL
INTO IS JOIN LATERAL LEFT LESS LIKE LOCAL MACRO MAP MORE NONE NOT NULL NUMERIC OF ON ONLY OR
ORDER OUT OUTER OVER PARTIALSCAN PARTITION PERCENT PRECEDING PRECISION PRESERVE PRIMARY
PROCEDURE RANGE READS REDUCE REFERENCES REGEXP REVOKE RIGHT RLIKE ROLLBACK ROLLUP ROW ROWS
SELECT SET SMALLINT START TABLE TABLESAMPLE THEN TIME TIMESTAMP TO TRANSFORM TRIGGER TRUE
TRUNCATE UNBOUNDED UNION UNIQUEJOIN UPDATE USER USING UTC_TIMESTAMP VALUES VARCHAR VIEWS WHEN
WHERE WINDOW WITH
"""
RESERVED_IN_DDL = frozenset(_RESERVED.split())


class TokenStream:
    """The tokens of one statement and the reader's place in it.

    Parameters
    ----------
    sql
        The statement.
    language
        The language whose quoting rules apply.
    """

    def __init__(self, sql: str, language: Language) -> None:
        self.sql = sql
        self.language = language
        self._source = tokens(sql, language)
        self._read: list[Token] = []
        self._index = 0

    def in_hive(self) -> "TokenStream":
        """Return the same statement from its beginning in Hive's language.

        Tokens are read lazily: what is read twice are the few that told the language.
        """
        return TokenStream(self.sql, Language.HIVE)

    def peek(self, ahead: int = 0) -> Token:
        """Look at a token without taking it."""
        while len(self._read) <= self._index + ahead:
            if self._read and self._read[-1].kind is Kind.END:
                return self._read[-1]
            self._read.append(next(self._source))
        return self._read[self._index + ahead]

    def take(self) -> Token:
        """Take the next token."""
        token = self.peek()
        if token.kind is not Kind.END:
            self._index += 1
        return token

    def seek_back(self, count: int = 1) -> None:
        """Return back tokens that were taken."""
        self._index -= count

    def accept(self, *words: str) -> bool:
        """Take the given words if they come next, all of them or none."""
        if all(self.peek(i).is_word(word) for i, word in enumerate(words)):
            self._index += len(words)
            return True
        return False

    def accept_symbol(self, symbol: str) -> bool:
        """Take the given punctuation if it comes next."""
        if self.peek().is_symbol(symbol):
            self._index += 1
            return True
        return False

    def accept_any(self, *words: str) -> str | None:
        """Take one of several words and return it in upper case."""
        token = self.peek()
        if token.is_word(*words):
            self._index += 1
            return token.text.upper()
        return None

    def expect(self, *words: str) -> None:
        """Take the given words one after the other."""
        for word in words:
            if not self.accept(word):
                raise self.unexpected(word)

    def expect_symbol(self, symbol: str) -> None:
        """Take the given punctuation."""
        if not self.accept_symbol(symbol):
            raise self.unexpected(symbol)

    def expect_any(self, *words: str) -> str:
        """Take one of several words and return it in upper case."""
        word = self.accept_any(*words)
        if word is None:
            raise self.unexpected(*words)
        return word

    def string(self) -> str:
        """Take a string literal."""
        token = self.peek()
        if token.kind is not Kind.STRING:
            raise self.unexpected("STRING")
        return self.take().value

    def integer(self) -> int:
        """Take a whole number."""
        token = self.peek()
        if token.kind is not Kind.NUMBER or not token.text.isdigit():
            raise self.unexpected("INTEGER_VALUE")
        return int(self.take().text)

    def identifier(self) -> str:
        """Take an identifier and return it in lower case, as the catalog keeps it."""
        token = self.peek()
        if token.kind is Kind.IDENTIFIER and token.value:
            if self.language is Language.TRINO and token.text[0] == "`":
                raise InvalidRequestError(
                    f"{position(self.sql, token.start)}: backquoted identifiers are not supported; "
                    "use double quotes to quote identifiers"
                )
            return self.take().value.lower()
        if token.kind is Kind.WORD:
            hive = self.language is Language.HIVE
            if not hive or not self._needs_quotes(token):
                return self.take().text.lower()
        raise self.unexpected()

    @staticmethod
    def _needs_quotes(token: Token) -> bool:
        return token.text.startswith(("_", "@")) or token.text.upper() in RESERVED_IN_DDL

    def name(self) -> Name:
        """Take ``[[catalog.]database.]table``."""
        parts = [self.identifier()]
        while len(parts) < 3 and self.accept_symbol("."):
            parts.append(self.identifier())
        parts.reverse()
        return Name(*parts)

    def in_parentheses(self, read: Callable[["TokenStream"], _Item]) -> list[_Item]:
        """Take ``(item, …)``, at least one item; ``read`` takes each of them."""
        self.expect_symbol("(")
        items = [read(self)]
        while self.accept_symbol(","):
            items.append(read(self))
        self.expect_symbol(")")
        return items

    def end(self) -> None:
        """Make sure that nothing follows but semicolons."""
        while self.accept_symbol(";"):
            pass
        if self.peek().kind is not Kind.END:
            raise self.unexpected("<EOF>")

    def rest(self) -> Query:
        """Take everything up to the end, as typed, without a final semicolon."""
        first = self._index
        start, end = self.peek().start, self.peek().start
        while self.peek().kind is not Kind.END:
            if self.accept_symbol(";"):
                last = self._index - 1
                self.end()
                return self._query(start, end, first, last)
            end = self.take().end
        return self._query(start, end, first, self._index)

    def whole(self) -> Query:
        """Take the whole statement, as typed, without a final semicolon.

        Whatever comes before the first token (comments) is kept, so that Trino's line numbers are
        the user's.

        Raises
        ------
        InvalidRequestError
            A second statement follows.
        """
        while self.peek().kind is not Kind.END and not self.peek().is_symbol(";"):
            self.take()
        last = self._index
        end = self._read[last - 1].end if last else 0
        while self.accept_symbol(";"):
            pass
        if self.peek().kind is not Kind.END:
            raise InvalidRequestError(f"Only one sql statement is allowed. Got: {self.sql.strip()}")
        return self._query(0, end, 0, last)

    def balanced(self) -> Query:
        """Take what is between the parenthesis that comes next and its partner, as typed."""
        self.expect_symbol("(")
        first = self._index
        start, depth = self.peek().start, 1
        while True:
            token = self.take()
            if token.kind is Kind.END:
                raise self.unexpected(")")
            depth += token.is_symbol("(") - token.is_symbol(")")
            if depth == 0:
                return self._query(start, token.start, first, self._index - 1)

    def _query(self, start: int, end: int, first: int, last: int) -> Query:
        """Return a part of the statement: its text and its tokens."""
        closing = Token(Kind.END, "<EOF>", "", end, end)
        return Query(self.sql[start:end], (*self._read[first:last], closing), self.sql)

    def unexpected(self, *expected: str) -> InvalidRequestError:
        """Return the error for the token that comes next."""
        token = self.peek()
        place = position(self.sql, token.start)
        if self.language is Language.TRINO:
            message = f"{place}: mismatched input '{token.text}'"
            if expected:
                message += f". Expecting: {', '.join(repr(word) for word in expected)}"
        elif not expected:
            typed = " ".join(read.text for read in self._read[: self._index + 1])
            message = f"{place}: no viable alternative at input '{typed[-100:]}'"
        else:
            wanted = expected[0] if len(expected) == 1 else "{" + ", ".join(expected) + "}"
            message = f"{place}: mismatched input '{token.text}' expecting {wanted}"
        return InvalidRequestError(message, MALFORMED_QUERY)
