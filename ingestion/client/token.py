"""What a text must be like to be sent as a bearer token."""

import unicodedata


def flaw_of_token(text: str) -> str | None:
    """Say what is wrong with a token, without showing it; None if it can be sent.

    A header takes printable ASCII without blanks. Anything else comes from copying: a line break,
    a byte order mark, the ``…`` of a shortened display. Sent as it is, it is refused by the HTTP
    library at every attempt, in words about codecs.

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
