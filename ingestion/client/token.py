"""Checks whether a text can be sent as a bearer token."""

import unicodedata


def flaw_of_token(text: str) -> str | None:
    """Return what is wrong with a token, without showing it; None if it can be sent.

    A header accepts printable ASCII without blanks. Anything else comes from copying: a line
    break, a byte order mark, the ``…`` of a shortened display. The HTTP library would refuse it on
    every attempt, with a message about codecs.

    Examples
    --------
    >>> flaw_of_token("abc…")
    'it has the character U+2026 (HORIZONTAL ELLIPSIS) at position 4'
    """
    if not text:
        return "it is empty"
    for position, character in enumerate(text, 1):
        if not "!" <= character <= "~":
            name = unicodedata.name(character, "a control character")
            return f"it has the character U+{ord(character):04X} ({name}) at position {position}"
    return None
