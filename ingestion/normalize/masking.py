"""Keeps persons out of `_extra`. Standard library only: Spark's workers run this."""

from __future__ import annotations

import re
from typing import Any, Final

from ingestion.normalize.values import as_text

MASK: Final = "[masked]"

# A field with such a name may hold a person's data: its value never leaves raw. Neither does a
# whole object with such a name anywhere in it.
_PERSONAL_NAME: Final = re.compile(
    r"e.?mail|name|phone|address|token|secret|visitor|heatmap|password"
    r"|(?<![a-z])(ip|lat|lon|latitude|longitude)(?![a-uw-z])",
    re.IGNORECASE,
)

_AT: Final = r"(?:@|%40|\\{1,8}u0040|&#64;)"
# What an address is part of: one pass over the text finds all of them, however long they are, for
# nothing has to follow. Of a pattern with the @ in it, each character would be a beginning to try.
_WORD: Final = re.compile(rf"(?:{_AT}|[^\s\"'<>()\[\]{{}},;:=&?/\\])+")
_IS_EMAIL: Final = re.compile(rf"(?s)(?!{_AT}).{_AT}.")
_HAS_AT: Final = re.compile(_AT)
_ADDRESSES: Final = (
    re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"),
    re.compile(r"\b[0-9A-Fa-f]{1,4}(::?[0-9A-Fa-f]{1,4}){3,7}\b"),
    re.compile(r"(?<![\w:])[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*"),
)


def masked(path: str, value: Any, *, is_private: bool) -> tuple[str, str]:
    """Return a field's path and its value as text, without e-mail and IP addresses.

    Parameters
    ----------
    is_private
        The field may hold a person's data: only a mask is returned for its value.
    """
    if is_private or _PERSONAL_NAME.search(path) or _names_a_person(value):
        return scrubbed(path), MASK
    return scrubbed(path), scrubbed(as_text(value))


def scrubbed(text: str) -> str:
    """Return a text with e-mail and IP addresses masked, and valid as UTF-8."""
    if _HAS_AT.search(text):
        text = _WORD.sub(_without_email, text)
    for address in _ADDRESSES:
        text = address.sub(MASK, text)
    return text.encode(errors="replace").decode()


def _without_email(word: re.Match[str]) -> str:
    return MASK if _IS_EMAIL.search(word[0]) else word[0]


def _names_a_person(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_PERSONAL_NAME.search(name) for name in value) or any(
            map(_names_a_person, value.values())
        )
    return isinstance(value, list) and any(map(_names_a_person, value))
