"""The only module that prints, and what it prints is always plain text.

Names of medias, rows of tables, and messages of AWS, dbt and Wistia come from others. None of them
is read as markup or as an emoji code, and none of their control characters reaches a terminal. A
test checks that no other module of the commands prints.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

Styled = tuple[str, str]
"""A text with a style, such as ``("failed", "bold red")``."""
Part = str | Styled

# Unicode's formatting characters (category Cf): no glyph of their own, but they change a line's
# direction or make two texts look the same. U+200C and U+200D, which join letters and emoji, stay.
# Listed here because asking unicodedata for them takes 0.2 s at every start; a test compares.
_FORMATS = (
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
# C0 and C1 controls, the formats and Unicode's two line separators: everything that moves a cursor,
# rings, colors, or makes a line look different from what it is. As a character class of a regular
# expression, without tab and line end.
CONTROLS = rf"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_FORMATS}"
_IN_LINES = re.compile(f"[{CONTROLS}\ud800-\udfff]")
_IN_CELLS = re.compile(f"[\\t\\n{CONTROLS}\ud800-\udfff]")
_COLORS = re.compile(r"\x1b\[[0-9;:]*m")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
# Outside a terminal, nothing is cut or wrapped.
_NO_LIMIT_COLUMNS = 10**9
# But in a table every row is as wide as the widest one: beyond this it is no longer a table.
_WIDEST_TABLE_COLUMNS = 100_000


def harmless(text: str) -> str:
    r"""Return lines with every control character written as its escape.

    Examples
    --------
    >>> harmless("[draft] a\x1b[2J\r\nb")
    '[draft] a\\x1b[2J\nb'
    """
    return _IN_LINES.sub(_escaped, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    r"""Return a text as one line without control characters, for a cell of a table.

    Examples
    --------
    >>> one_line("a\nb\tc")
    'a\\nb\\tc'
    """
    return _IN_CELLS.sub(_escaped, text)


def without_colors(text: str) -> str:
    r"""Return a text without the color codes that a program wrote into its log.

    Examples
    --------
    >>> without_colors("\x1b[32mPASS\x1b[0m in 1 s")
    'PASS in 1 s'
    """
    return _COLORS.sub("", text)


def width_of(text: str) -> int:
    """Return how many terminal columns a text takes."""
    return cell_len(text)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


class _Console(Console):
    """Leaves a closed pipe to the command, for which it is not an error.

    rich 15 ends the process with exit code 1 and no message.
    """

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Screen:
    """Standard output or standard error, for people and for programs.

    Parameters
    ----------
    stderr
        Print to standard error instead of standard output.

    Examples
    --------
    >>> Screen().line(("The night succeeded.", "bold green"), " run [1]")
    The night succeeded. run [1]
    """

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @property
    def stream(self) -> TextIO:
        """The stream of ``sys`` that it prints to, looked up each time."""
        return sys.stderr if self._stderr else sys.stdout

    @property
    def is_terminal(self) -> bool:
        """Whether it is a terminal, in front of a person."""
        return self.stream.isatty()

    @property
    def width(self) -> int:
        """Columns that a table must fit into."""
        return self._console().width if self.is_terminal else _WIDEST_TABLE_COLUMNS

    def line(self, *parts: Part) -> None:
        """Print the parts as one line; a terminal shows their styles and wraps it."""
        text = Text(end="")
        for part in parts:
            words, style = (part, "") if isinstance(part, str) else part
            text.append(harmless(words), style)
        self._console().print(text, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a progress message."""
        self.line((f"{text} …", "dim"))

    def error(self, text: str) -> None:
        """Print the error that ends a command."""
        self.line(("Error:", "bold red"), " ", text)

    def table(self, table: Table) -> None:
        """Print a table that `grid` has made."""
        console = self._console()
        if self.is_terminal:
            console.print(table)
            return
        with console.capture() as printed:
            console.print(table)
        # A file should not contain the blanks that fill the last column.
        self.stream.writelines(f"{line.rstrip(' ')}\n" for line in printed.get().splitlines())

    def data(self, pieces: Iterable[str]) -> None:
        """Write data for a program: unchanged, in UTF-8; a terminal gets no control characters."""
        stream, is_terminal = self.stream, self.is_terminal
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal's encoding lacks must not end the command.
            encoding = None if is_terminal else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
        for piece in pieces:
            stream.write(harmless(piece) if is_terminal else piece)

    @contextmanager
    def live(self) -> Iterator[Callable[[Table], None]]:
        """Show a table that changes in place and disappears at the end."""
        with Live(console=self._console(), refresh_per_second=4, transient=True) as live:
            yield live.update

    @property
    def can_redraw(self) -> bool:
        """Whether lines can be redrawn in place."""
        return self.is_terminal and not self._console().is_dumb_terminal

    def _console(self) -> Console:
        stream, is_terminal = self.stream, self.is_terminal
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal's encoding lacks must not end the command.
            stream.reconfigure(errors="backslashreplace")
        return _Console(
            file=stream,
            force_terminal=is_terminal,
            # Not only colors: a terminal that shows none may not know bold either.
            color_system=None if os.environ.get("NO_COLOR") or not is_terminal else "auto",
            width=None if is_terminal else _NO_LIMIT_COLUMNS,
            markup=False,
            emoji=False,
            highlight=False,
        )


def grid(
    columns: Sequence[str],
    rows: Iterable[Sequence[Part]],
    *,
    right: Iterable[int] = (),
    header: bool = True,
) -> Table:
    """Return a plain table whose cells are one line each.

    Parameters
    ----------
    columns
        Names of the columns.
    rows
        Cells of each row.
    right
        Indexes of the columns that contain numbers.
    header
        Whether the names are shown.
    """
    table = Table(box=None, pad_edge=False, show_header=header)
    to_the_right = set(right)
    for number, name in enumerate(columns):
        table.add_column(
            Text(one_line(name)),
            justify="right" if number in to_the_right else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(_cell(part) for part in row))
    return table


def _cell(part: Part) -> Text:
    text, style = (part, "") if isinstance(part, str) else part
    return Text(one_line(text), style)
