"""A query inside a statement, with the tokens that were read once."""

from dataclasses import dataclass, field

from localaws.athena.sql.tokens import Language, Token, position, tokens


@dataclass(frozen=True)
class Query:
    """The part of a statement that the engine gets as it was typed.

    Attributes
    ----------
    text
        As typed, without a final semicolon.
    tokens
        Its tokens, the last of kind ``END``. Their offsets count from the beginning of ``source``.
    source
        The whole statement.
    """

    text: str
    tokens: tuple[Token, ...] = field(default=(), compare=False, repr=False)
    source: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, text: str) -> "Query":
        """Read a text that is a query and nothing else."""
        return cls(text, tuple(tokens(text, Language.TRINO)), text)

    def position(self, token: Token) -> str:
        """Return where a token is in the statement, in Athena's words."""
        return position(self.source, token.start)
