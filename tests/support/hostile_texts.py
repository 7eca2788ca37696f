"""Texts that a program may print as something other than text."""

MARKUP = [
    "[draft] Video",
    "[/x]",
    "[/]",
    "[red]x[/red]",
    "[link=http://x.example]here[/link]",
    "\\[escaped]",
    ":smile: :warning:",
    "100 % {done} %s",
]
CONTROLS = [
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x.example\x1b\\here\x1b]8;;\x1b\\",
    "back\x08\x08\x08\x08space",
    "over\rwritten",
    "\x9b31mred",
    "\u202egnp.exe",
    "two\u2028lines",
    "bell\x07 null\x00 delete\x7f",
]
ALL = MARKUP + CONTROLS

_FORBIDDEN = {
    *map(chr, [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]),
    *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
}


def controls_in(output: str) -> set[str]:
    """Return the control characters of an output, line ends aside."""
    return _FORBIDDEN & set(output)


def readable(text: str) -> str:
    """Return the part of a hostile text that must be in the output unchanged."""
    parts = [text]
    for control in _FORBIDDEN:
        parts = [piece for part in parts for piece in part.split(control)]
    return max(parts, key=len)
