"""Masks personal data in `_extra`. Standard library only: Spark's workers run this."""

import re
from typing import Any

from ingestion.normalize.values import Number, as_text, dump

MASK = "[masked]"

# A field with such a name may contain personal data: its value never leaves raw, and neither does
# an object with such a name anywhere in it. The names are in `snake_case`.
_PERSONAL_NAME = re.compile(
    r"e.?mail|name|phone|address|token|secret|visitor|viewer|heatmap|password|person|identi"
    r"|fingerprint|cookie|birth|coord|geo|gps|latitude|longitude|latl"
    r"|(?<![a-z])(?:ip|ipv|lat|lon|lng|mobile|cell|dob|age|gender|first|last|by|user(?!_agent)"
    r"|owner|author|creator|editor|contact|lead)s?(?![a-z])"
)
_WORD_BEGINS = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?!Pv\d)"  # not within `IPv4`
)

# A personal text of this length is masked anywhere, a shorter one only as a whole word.
_LONG = 8
_LONGEST = 4_000

_AT = (
    r"(?:@|\uff20|\ufe6b|%(?:25)*40|%(?:25)*EF%(?:25)*BC%(?:25)*A0|\\{1,8}u(?:0040|ff20)|\\{1,8}x40"
    r"|&(?:amp;)*(?:#0*64|#x0*40|commat);?|\[at\]|\(at\))"
)
# The words that may contain an address: one pass over the text finds all of them, however long, as
# nothing must follow. With the @ in the pattern, every character would be a start to try.
_WORD = re.compile(rf"(?i)(?:{_AT}|[^\s\"'<>()\[\]{{}},;:=&?/\\])+")
_IS_EMAIL = re.compile(rf"(?is)(?!{_AT}).{_AT}.")
_HAS_AT = re.compile(_AT, re.IGNORECASE)
_TRACES = (
    # Keys of visitors and devices: UUIDs and hashes.
    re.compile(
        r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32,})"
        r"(?![0-9A-Fa-f])"
    ),
    re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"),
    re.compile(r"\b[0-9A-Fa-f]{1,4}(::?[0-9A-Fa-f]{1,4}){3,7}\b"),
    re.compile(r"(?<![\w:])[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*"),
)


def masked(
    path: str, value: Any, *, is_private: bool, persons: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Return a field's path and its value as text, without what may be personal.

    Parameters
    ----------
    is_private
        The field may contain personal data: its value is replaced by a mask.
    persons
        Other personal texts of the record, see `texts_of`.
    """
    path, text = _without(path, persons), _without(as_text(value), persons)
    if is_private or sounds_personal(path) or _names_a_person(value):
        return scrubbed(path), MASK
    return scrubbed(path), scrubbed(text)


def sounds_personal(name: str) -> bool:
    """Return whether a field with this name or path may contain personal data."""
    return _PERSONAL_NAME.search(_WORD_BEGINS.sub("_", name).lower()) is not None


def texts_of(persons: list[Any]) -> tuple[str, ...]:
    """Return personal values in the forms in which they may appear in a text, longest first."""
    found: set[str] = set()
    for value in persons:
        if isinstance(value, str) and len(value) <= _LONGEST:
            # The text itself, and its form in the JSON text of an object.
            found |= {value.strip(), dump(value.strip(), ascii_only=False)[1:-1]}
        elif isinstance(value, Number) and len(value.text) <= _LONGEST:
            found |= {value.text, repr(float(value.text))}
    return tuple(sorted(found - {""}, key=len, reverse=True))


def _without(text: str, persons: tuple[str, ...]) -> str:
    """Mask personal texts within a text; most texts contain none and need no pattern."""
    folded = text.casefold()
    said = [person for person in persons if person.casefold() in folded]
    if not said:
        return text
    return re.sub("|".join(map(_wherever_it_is, said)), MASK, text, flags=re.IGNORECASE)


def _wherever_it_is(text: str) -> str:
    if len(text) >= _LONG:
        return re.escape(text)
    return rf"(?<!\w)(?<!\d\.){re.escape(text)}(?!\w|\.\d)"


def scrubbed(text: str) -> str:
    """Return a text as valid UTF-8 with e-mail and IP addresses and keys masked."""
    if _HAS_AT.search(text):
        text = _WORD.sub(_without_email, text)
    for trace in _TRACES:
        text = trace.sub(MASK, text)
    return text.encode(errors="replace").decode()


def _without_email(word: re.Match[str]) -> str:
    return MASK if _IS_EMAIL.search(word[0]) else word[0]


def _names_a_person(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(sounds_personal, value)) or any(map(_names_a_person, value.values()))
    return isinstance(value, list) and any(map(_names_a_person, value))
