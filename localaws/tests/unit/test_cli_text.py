"""What `localaws` prints of other people's text is that text."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from localaws.cli import app

HOSTILE = ("[draft] part", "[/x]", "[red]x[/red]", ":smile:")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_with_brackets_is_printed_as_it_is(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALAWS_HOME", str(tmp_path / "[home]"))
    ran = CliRunner().invoke(app, ["logs", text])
    assert ran.exit_code == 1
    assert f"There is no log of {text!r}" in ran.output
    assert "[home]" in ran.output
