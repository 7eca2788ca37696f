"""Removes secrets and viewers from texts before they get into a log or an exception."""

import re

_REDACTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer\s+)[^\s\"',;]+"), r"\1[token]"),
    (re.compile(r"https?://[^\s\"'<>]*heatmap[^\s\"'<>]*", re.IGNORECASE), "[heatmap link]"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    # Loopback stays: it is the local endpoint, and an error about it is useless without it.
    (re.compile(r"(?<![\d.])(?!127\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"), "[ip]"),
    (re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{1,4}:){4,7}(?::?[0-9a-f]{1,4}){1,3}(?![\w:])"), "[ip]"),
)


# Length of a foreign text in an error: enough to recognize it, too short to fill an e-mail.
_QUOTED_CHARACTERS = 200


def redact(text: str, *secrets: str) -> str:
    """Return the text with tokens, e-mail and IP addresses and heatmap links replaced.

    Examples
    --------
    >>> redact("mail jane@example.com from 203.0.113.9")
    'mail [e-mail] from [ip]'
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[token]")
    for pattern, replacement in _REDACTIONS:
        text = pattern.sub(replacement, text)
    return text


def printable(text: str) -> str:
    r"""Return the text with unprintable characters escaped, so that any output accepts it.

    A lone surrogate cannot be written to a log or sent to AWS, and a control character moves the
    cursor of a terminal.

    Examples
    --------
    >>> printable("a\x1b[2J\ud800")
    'a\\x1b[2J\\ud800'
    """
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)


def quotable(text: str, *secrets: str) -> str:
    r"""Return a foreign text in a form fit for an error: redacted, one printable line, short.

    Examples
    --------
    >>> quotable("no such token: t0ken,\nmail jane@example.com", "t0ken")
    'no such token: [token], mail [e-mail]'
    """
    # Redacted before it is cut: a part of a secret would not be recognized.
    return printable(redact(" ".join(text.split()), *secrets))[:_QUOTED_CHARACTERS]
