"""A wrong value is refused with a message, before anything is started or deleted."""

from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.night import Night
from orchestration.memory import Memory
from tests.support.account import ANALYTICS, Account

ON = ["1", "true", "yes", "YES", " on "]
OFF = ["", "0", "false", "no", "No", "off"]


class _Stopped(Exception):  # noqa: N818 - the end of what a test looks at
    pass


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The input of each night that was started."""
    seen: list[dict[str, Any]] = []

    def start(_: object, given: dict[str, Any], **__: object) -> str:
        seen.append(given)
        raise _Stopped

    monkeypatch.setattr("orchestration.cli.night.start", start)
    return seen


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each started undeploy deletes the data too."""
    seen: list[bool] = []
    monkeypatch.setattr(
        "orchestration.infrastructure.deploy.undeploy",
        lambda *_, delete_data: seen.append(delete_data),
    )
    return seen


@pytest.mark.parametrize(("typed", "is_on"), [*((t, True) for t in ON), *((t, False) for t in OFF)])
def test_data_is_deleted_only_by_a_switch_that_is_on(
    typed: str, is_on: bool, account: Account, deleted: list[bool]
) -> None:
    ran = account.run("undeploy", "--yes=1", f"--delete-data={typed}")
    assert ran.exit_code == 0, ran.output
    assert deleted == [is_on]


@pytest.mark.parametrize("typed", OFF)
def test_a_switch_that_is_off_does_not_answer_the_question(
    typed: str, account: Account, deleted: list[bool]
) -> None:
    ran = account.run("undeploy", f"--yes={typed}")
    assert "Delete the stack" in ran.output
    assert deleted == []


@pytest.mark.parametrize(("typed", "is_on"), [("1", True), ("0", False), ("", False)])
def test_the_marts_are_rebuilt_only_by_a_switch_that_is_on(
    typed: str, is_on: bool, account: Account, started: list[dict[str, Any]]
) -> None:
    account.run("nightly", f"--full-refresh={typed}")
    assert [given.get("full_refresh", False) for given in started] == [is_on]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["undeploy", "--yes=1", "--delete-data=please"], "DELETE_DATA"),
        (["undeploy", "--yes=2"], "YES"),
        (["nightly", "--full-refresh=-"], "FULL_REFRESH"),
    ],
)
def test_a_switch_that_is_neither_on_nor_off_stops_the_command(
    arguments: list[str],
    name: str,
    account: Account,
    deleted: list[bool],
    started: list[dict[str, Any]],
) -> None:
    ran = account.run(*arguments)
    assert ran.exit_code == 1
    typed = arguments[-1].partition("=")[2]
    assert f"{name}={typed} is neither on nor off: use {name}=1" in ran.output
    assert (deleted, started) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nightly", "--as-of="], "AS_OF= is blank"),
        (["nightly", "--as-of", " "], "AS_OF=  is blank"),
        (["nightly", "--from=", "--to="], "FROM= is blank"),
        (["nightly", "--from=2026-01-01", "--to="], "TO= is blank"),
        (["nightly", "--as-of=1999-01-01"], "AS_OF 1999-01-01T00:00:00Z is before 2006-01-01"),
        (["nightly", "--media-ids=a b"], "MEDIA_IDS contains 'a b', which is not a media id"),
        (["redrive", ""], "EXECUTION is blank"),
        (["redrive", " "], "EXECUTION is blank"),
        (["query", ""], "SQL= is missing"),
        (["query", " \n"], "SQL= is missing"),
        (["erase", ""], "VISITOR is blank, so nothing was erased"),
        (["erase", " \t"], "VISITOR is blank, so nothing was erased"),
    ],
)
def test_a_value_that_names_nothing_is_refused_before_anything_starts(
    arguments: list[str], says: str, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touch(*_: object, **__: object) -> None:
        raise AssertionError("AWS was asked")

    monkeypatch.setattr(app, "Cloud", touch)
    ran = account.run(*arguments)
    assert ran.exit_code == 1, ran.output
    assert says in ran.output


@pytest.mark.parametrize("limit", ["99999999999999999999", "9223372036854775808"])
def test_a_limit_beyond_any_table_shows_all_rows(limit: str, account: Account) -> None:
    account.answer({"n": "bigint"}, [["1"], ["2"]])
    ran = account.run("query", "--limit", limit, "select 1")
    assert ran.exit_code == 0, ran.output
    assert ran.stdout == '"n"\n"1"\n"2"\n'


@pytest.mark.parametrize(
    ("lines", "says"),
    [("0", "1"), ("-1", "1"), ("10001", "10000"), ("99999999999999999999", "10000")],
)
def test_a_number_of_lines_that_no_log_can_return_is_refused(
    lines: str, says: str, account: Account
) -> None:
    ran = account.run("logs", f"--lines={lines}")
    assert ran.exit_code == 2
    assert f"equal to {says}\n" in ran.output


def test_an_erasure_that_finds_nobody_does_not_say_that_it_erased(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.cli.erase.erase", lambda *_: {"video_marts.dim_viewer": 0})
    ran = account.run("erase", "v1_typo")
    assert "No record of this viewer was found" in ran.output
    assert "The viewer is erased" not in ran.output


def test_an_erasure_names_the_marts_as_each_statement_of_athena_needs_it(account: Account) -> None:
    """GIVEN a database of any name WHEN a viewer is erased THEN names are quoted except where quotes are refused."""
    machine = account.cloud.settings.state_machine_name
    role = "arn:aws:iam::123456789012:role/any"
    client = account.cloud.client("stepfunctions")
    client.create_state_machine(name=machine, definition="{}", roleArn=role)
    account.cloud.client("secretsmanager").create_secret(
        Name=f"{account.stack}/pseudonym-key", SecretString="key"
    )
    account.table(ANALYTICS, "dim_viewer", "visitor_id")
    for number in ("0", "-", "-", "-", "-", "1", "-", "0"):  # the counts and what lies between
        account.answer({"n": "bigint"}, [[number]])
    ran = account.run("erase", "v1")
    assert ran.exit_code == 0, ran.output
    found = [sql for _, sql in account.queries() if "dim_viewer" in sql]
    names = {
        "select": f'"{ANALYTICS}"."dim_viewer',
        "delete": f'"{ANALYTICS}"."dim_viewer"',
        "alter": f"`{ANALYTICS}`.`dim_viewer`",
        "optimize": " `dim_viewer`",
        "vacuum": " `dim_viewer`",
    }
    assert {database for database, sql in account.queries() if "dim_viewer" in sql} == {ANALYTICS}
    assert {sql.split()[0] for sql in found} == names.keys()
    assert [sql for sql in found if names[sql.split()[0]] not in sql] == []


@pytest.fixture
def simulated(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The logical times of simulated nights, which all succeed."""
    seen: list[str] = []
    monkeypatch.setenv("LOCALAWS_HOME", str(tmp_path))
    for name in ("TARGET", "WISTIA_API_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(app, "Cloud", lambda settings: SimpleNamespace(settings=settings))

    def start(_: object, given: dict[str, Any]) -> str:
        seen.append(given["as_of"])
        return "arn"

    def succeeded(*_: object) -> Night:
        return Night("arn", status="SUCCEEDED", output={"as_of": seen[-1]})

    nothing: dict[str, list[str]] = {
        "cli.local_stack": ["start_localaws", "start_simulator", "set_simulator_clock"],
        "infrastructure.deploy": ["deploy"],
        "cli.summary": ["show_success"],
    }
    for module, names in nothing.items():
        for name in names:
            monkeypatch.setattr(f"orchestration.{module}.{name}", lambda *_, **__: "http://local")
    monkeypatch.setattr("orchestration.cli.night.start", start)
    monkeypatch.setattr("orchestration.cli.progress.show", succeeded)
    return seen


def test_the_next_night_comes_after_the_newest_one_although_an_old_one_ran_again(
    simulated: list[str],
) -> None:
    """GIVEN two nights WHEN the first is run again THEN the next one is the third."""
    for arguments in ([], [], ["--as-of", "2026-03-02T02:00:00Z"], []):
        ran = CliRunner().invoke(app.app, ["nightly", *arguments])
        assert ran.exit_code == 0, ran.output
    assert simulated == [
        "2026-03-02T02:00:00Z",
        "2026-03-03T02:00:00Z",
        "2026-03-02T02:00:00Z",
        "2026-03-04T02:00:00Z",
    ]


def test_a_memory_file_that_is_not_utf_8_counts_as_empty(tmp_path: Any) -> None:
    file = tmp_path / "pipeline.json"
    file.write_bytes(b'{"last_as_of": "\xff"}')
    assert Memory.read(file) == Memory()


def _text_parameters() -> list[tuple[str, list[str]]]:
    """Return every command with each of its text parameters, and bytes that are not text."""
    commands = typer.main.get_group(app.app).commands
    found = []
    for name, typed in commands.items():
        for parameter in typed.params:
            if parameter.type_descriptor.annotation is not str:
                continue
            option = parameter.opts[0]
            wrong = f"{option}=caf\udce9" if option.startswith("-") else "caf\udce9"
            others = ["x" for p in typed.params if p.required and p is not parameter]
            found.append((name, [*others, wrong]))
    return found


@pytest.mark.parametrize(("name", "arguments"), _text_parameters())
def test_bytes_that_are_not_text_are_refused_with_a_message(
    name: str, arguments: list[str], account: Account
) -> None:
    ran = account.run(name, *arguments)
    assert ran.exit_code != 0
    assert "caf\\udce9' is not UTF-8 text" in ran.output, ran.output
