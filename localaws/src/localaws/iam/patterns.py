"""Texts of policies with wildcards and variables, compiled once and matched often."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

# The value of a context key for a variable, or None where the request has none.
Lookup = Callable[[str], str | None]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WITH_DEFAULT = re.compile(r"\s*(.*?)\s*,\s*'(.*)'\s*")
_ARN_PARTS = 6


@dataclass(frozen=True)
class _Variable:
    key: str
    default: str | None


@lru_cache(maxsize=8192)
def _compiled(expression: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(expression, re.DOTALL).fullmatch


def _pieces(text: str) -> list[str | _Variable]:
    """Return literal texts and variables; ``${*}``, ``${?}``, ``${$}`` are the character itself."""
    pieces: list[str | _Variable] = []
    for number, part in enumerate(_VARIABLE.split(text)):
        if number % 2 == 0:
            pieces.append(part)
        elif part in {"*", "?", "$"}:
            pieces.append(_Variable("", part))
        elif found := _WITH_DEFAULT.fullmatch(part):
            pieces.append(_Variable(found[1].lower(), found[2]))
        else:
            pieces.append(_Variable(part.strip().lower(), None))
    return pieces


def glob_expression(text: str, any_text: str = ".*", any_character: str = ".") -> str:
    """Return the regular expression for a text in which ``*`` and ``?`` are wildcards."""
    return re.escape(text).replace(r"\*", any_text).replace(r"\?", any_character)


def arn_parts(text: str) -> list[str]:
    """Return the parts of an ARN or of a pattern for one; the sixth keeps its colons."""
    parts = [""]
    # A colon inside a variable, such as ${aws:username}, separates nothing.
    for number, token in enumerate(re.split(r"(\$\{[^}]*\})", text)):
        first, *others = [token] if number % 2 else token.split(":", _ARN_PARTS - len(parts))
        parts[-1] += first
        parts += others
    return parts


class TextPattern:
    """
    A text that may hold wildcards and policy variables.

    Parameters
    ----------
    text
        As the policy has it.
    wildcards
        Whether ``*`` and ``?`` stand for other characters.
    variables
        Whether ``${…}`` is replaced: only in policies of version 2012-10-17.
    ignore_case
        Whether upper and lower case are the same.
    """

    def __init__(
        self, text: str, *, wildcards: bool, variables: bool, ignore_case: bool = False
    ) -> None:
        self.text = text
        self._fold = str.lower if ignore_case else str
        self._express = glob_expression if wildcards else re.escape
        pieces = _pieces(text) if variables and "${" in text else [text]
        self._pieces = [self._fold(p) if isinstance(p, str) else p for p in pieces]
        self._fixed: Callable[[str], object] | None = None
        if not any(isinstance(piece, _Variable) for piece in self._pieces):
            plain = self._fold(text)
            if wildcards and ("*" in plain or "?" in plain):
                self._fixed = _compiled(glob_expression(plain))
            else:
                self._fixed = plain.__eq__

    def matches(self, value: str, lookup: Lookup) -> bool:
        """
        Return whether a value matches.

        A variable without a value matches nothing
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value).
        """
        if self._fixed is not None:
            return bool(self._fixed(self._fold(value)))
        expression = self._expression(lookup)
        return expression is not None and _compiled(expression)(self._fold(value)) is not None

    def _expression(self, lookup: Lookup) -> str | None:
        parts = []
        for piece in self._pieces:
            if isinstance(piece, str):
                parts.append(self._express(piece))
                continue
            value = lookup(piece.key) if piece.key else None
            value = piece.default if value is None else value
            if value is None:
                return None
            # What a request says is never a wildcard.
            parts.append(re.escape(self._fold(value)))
        return "".join(parts)


class ArnPattern:
    """A pattern for an ARN in a condition: each of the six parts is matched alone."""

    def __init__(self, text: str, *, variables: bool) -> None:
        self.text = text
        self._parts = [
            TextPattern(part, wildcards=True, variables=variables) for part in arn_parts(text)
        ]

    def matches(self, value: str, lookup: Lookup) -> bool:
        """
        Return whether an ARN matches.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
        """
        parts = value.split(":", _ARN_PARTS - 1)
        if len(parts) < _ARN_PARTS or len(self._parts) < _ARN_PARTS:
            return False
        return all(
            pattern.matches(part, lookup) for pattern, part in zip(self._parts, parts, strict=True)
        )


class ResourcePattern:
    """
    An entry of ``Resource`` or ``NotResource``.

    Wildcards stand for characters of one part of the ARN; only a ``*`` at the end of a part may go
    on over the colons, and the sixth part, which may hold colons itself, is one text
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards).
    Variables are replaced in the sixth part alone
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement).
    """

    def __init__(self, text: str, *, variables: bool) -> None:
        self.text = text
        self._everything = text == "*"
        *front, last = arn_parts(text)
        short = len(front) < _ARN_PARTS - 1
        if short and not any(part.endswith("*") for part in [*front, last]):
            # IAM completes an ARN that is too short with wildcards.
            front, last = [*front, last], "*"
            front += ["*"] * (_ARN_PARTS - 1 - len(front))
        head = "".join(_front_expression(part) + ":" for part in front)
        tail = _pieces(last) if variables and "${" in last else [last]
        self._head, self._tail = head, tail
        self._fixed: Callable[[str], object] | None = None
        if len(tail) == 1 and isinstance(tail[0], str):
            plain = not short and "*" not in text and "?" not in text
            self._fixed = text.__eq__ if plain else _compiled(head + glob_expression(last))

    def matches(self, resource: str, lookup: Lookup) -> bool:
        """Return whether a resource matches; a variable without a value matches no resource."""
        if self._everything:
            return True
        if self._fixed is not None:
            return bool(self._fixed(resource))
        parts = [self._head]
        for piece in self._tail:
            if isinstance(piece, str):
                parts.append(glob_expression(piece))
                continue
            value = lookup(piece.key) if piece.key else None
            value = piece.default if value is None else value
            if value is None:
                return False
            parts.append(re.escape(value))
        return _compiled("".join(parts))(resource) is not None


def _front_expression(part: str) -> str:
    """Return the expression for one of the first five parts of an ARN."""
    if part.endswith("*"):
        return glob_expression(part[:-1], "[^:]*", "[^:]") + ".*"
    return glob_expression(part, "[^:]*", "[^:]")


class ActionPatterns:
    """The entries of ``Action`` or ``NotAction``; upper and lower case are the same."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts = texts
        self._exact = {text.lower(): text for text in texts if "*" not in text and "?" not in text}
        self._wild = [
            (_compiled(glob_expression(text.lower())), text)
            for text in texts
            if "*" in text or "?" in text
        ]

    def match(self, action: str) -> str | None:
        """Return the entry that an action in lower case matches, or None."""
        exact = self._exact.get(action)
        if exact is not None:
            return exact
        for matches, text in self._wild:
            if matches(action):
                return text
        return None
