"""Everything printed is plain text: no markup, no emoji code, no control character."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.cli.screen import Screen, grid, harmless, one_line, without_colors
from tests.support.hostile_texts import ALL, CONTROLS, MARKUP, controls_in, readable
from tests.support.terminal import in_terminal

ORCHESTRATION = Path(__file__).resolve().parents[4] / "orchestration"
# The dbt task is not a command: it writes logs.
PRINTING = {"cli/screen.py"}
LOGS = {"dbt_task/__main__.py", "dbt_task/outcome.py"}


@pytest.mark.parametrize("text", ALL)
def test_a_line_shows_the_text_as_it_is(text: str, capsys: Any) -> None:
    Screen().line("media ", text, (f" {text}", "bold"))
    printed = capsys.readouterr().out
    assert printed.count(readable(text)) == 2
    assert controls_in(printed) == set()


@pytest.mark.parametrize("text", MARKUP)
def test_a_text_without_controls_is_not_changed_at_all(text: str, capsys: Any) -> None:
    screen = Screen()
    screen.line(text)
    screen.error(text)
    screen.say(text)
    screen.table(grid([text], [[text]], header=True))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [text, f"Error: {text}", f"{text} …", text, text]


@pytest.mark.parametrize("text", ALL)
def test_a_cell_is_one_line_without_controls(text: str, capsys: Any) -> None:
    Screen().table(grid(["name", text], [["row", text], ["other", f"a\n{text}"]]))
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 3
    assert controls_in(printed) == set()


@given(st.text())
def test_no_text_brings_a_control_to_the_screen(text: str) -> None:
    assert controls_in(harmless(text)) == set()
    assert controls_in(one_line(text)) == set()
    assert "\n" not in one_line(text)


def test_no_character_that_only_formats_reaches_the_screen() -> None:
    """GIVEN all of Unicode's format characters THEN only the two joiners are shown unchanged."""
    formats = {chr(code) for code in range(sys.maxunicode + 1) if category(chr(code)) == "Cf"}
    shown = {one for one in formats if harmless(one) == one}
    assert shown == {"\u200c", "\u200d"}
    assert {one for one in formats if one_line(one) == one} == shown
    assert harmless("\U000e0041") == "\\U000e0041"


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_a_text_without_controls_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text
    assert one_line(text) == text


def test_a_terminal_gets_no_control_of_a_foreign_text() -> None:
    """GIVEN no styles WHEN the texts are printed in a terminal THEN no escape code reaches it."""
    code = (
        "from orchestration.cli.screen import Screen, grid\n"
        f"texts = {CONTROLS!r}\n"
        "screen = Screen()\n"
        "for text in texts:\n"
        "    screen.line(text)\n"
        "    screen.table(grid(['name'], [[text]], header=False))\n"
        "screen.data(texts)\n"
    )
    shown = in_terminal(code, columns=200)
    assert controls_in(shown) == set()
    for text in CONTROLS:
        assert shown.count(readable(text)) >= 3


def test_styles_are_shown_in_a_terminal() -> None:
    code = "from orchestration.cli.screen import Screen; Screen().line(('failed', 'bold red'))"
    assert in_terminal(code, NO_COLOR="") == "\x1b[1;31mfailed\x1b[0m\n"


def test_no_color_is_respected_in_a_terminal() -> None:
    code = "from orchestration.cli.screen import Screen; Screen().line(('failed', 'bold red'))"
    assert in_terminal(code, NO_COLOR="1") == "failed\n"


def test_a_pipe_gets_no_code_even_if_colors_are_forced(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    Screen().line(("failed", "bold red"))
    assert capsys.readouterr().out == "failed\n"


def test_a_pipe_gets_lines_and_tables_of_any_width(capsys: Any) -> None:
    Screen().line("x" * 500)
    Screen().table(grid(["a", "b"], [["y" * 300, "z" * 200_000]], header=False))
    first, second = capsys.readouterr().out.splitlines()
    assert first == "x" * 500
    assert second == "y" * 300 + "  " + "z" * 200_000


def test_a_terminal_of_another_encoding_gets_escapes_and_no_traceback() -> None:
    code = "from orchestration.cli.screen import Screen; Screen().line('Übung …')"
    shown = in_terminal(code, PYTHONIOENCODING="ascii")
    assert shown == "\\xdcbung \\u2026\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_data_for_a_terminal_of_another_encoding_is_escaped(encoding: str) -> None:
    code = (
        "from orchestration.cli.screen import Screen; Screen().data(['\\u0141 …\\n', '\\ud800\\n'])"
    )
    shown = in_terminal(code, PYTHONIOENCODING=encoding)
    first = "\u0141 …" if encoding == "utf-8" else "\\u0141 \\u2026"
    assert shown == f"{first}\n\\ud800\n"


@pytest.mark.parametrize(
    "printing",
    [
        "screen.line('x' * 100)",
        "screen.table(grid(['a'], [['x' * 100]]))",
        "screen.data(['x' * 100])",
    ],
)
def test_a_command_whose_reader_has_seen_enough_succeeds_silently(printing: str) -> None:
    """GIVEN `make logs … | head` WHEN head closes the pipe THEN the command ends with 0 and prints nothing."""
    code = (
        "from orchestration.cli import app\n"
        "from orchestration.cli.screen import grid\n"
        "def show(screen, _):\n"
        "    while True:\n"
        f"        {printing}\n"
        "app.logs.show_status = show\n"
        "app.app(['status'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1000)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


def test_colors_of_another_program_are_taken_out_and_its_brackets_stay() -> None:
    assert without_colors("\x1b[0m18:31  PASS [\x1b[32mPASS\x1b[0m]") == "18:31  PASS [PASS]"


@pytest.mark.parametrize(
    "module",
    sorted(str(path.relative_to(ORCHESTRATION)) for path in ORCHESTRATION.rglob("*.py")),
)
def test_no_other_module_of_the_commands_prints(module: str) -> None:
    """GIVEN a module WHEN its calls are read THEN only the screen writes to the terminal."""
    if module in PRINTING:
        return
    tree = ast.parse((ORCHESTRATION / module).read_text(encoding="utf-8"))
    used = {
        node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    imported = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }
    printing = used & {"print", "echo", "secho", "Console"}
    assert printing <= ({"print"} if module in LOGS else set())
    assert not imported & {"rich", "rich.console", "rich.live", "rich.markup"}
