"""Every command prints foreign text as plain text, and takes the database names from the stack."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from orchestration.alerts import failure_report
from orchestration.cli import app, progress, summary, tables
from orchestration.cli.night import Night, Step
from orchestration.cli.screen import Screen
from orchestration.errors import PipelineError
from tests.support.account import ANALYTICS, STAGING, Account
from tests.support.hostile_texts import ALL, controls_in, readable

ALL_TEXTS = "\n".join(ALL)


def _assert_text(output: str) -> None:
    assert controls_in(output) == set()
    for text in ALL:
        assert readable(text) in output


def _failed(cause: str, state: str = "Ingest") -> Night:
    night = Night("arn:night", status="FAILED", error="SomeError", failed_state=state)
    night.report = {"error": "SomeError", "cause": cause, "log": "https://log"}
    return night


def test_a_failed_night_shows_its_reason_as_text(account: Account, capsys: Any) -> None:
    summary.show_failure(Screen(), account.cloud, _failed(ALL_TEXTS))
    _assert_text(capsys.readouterr().out)


def test_the_steps_show_names_and_counts_as_text(capsys: Any) -> None:
    night = Night("arn", steps={name: Step(name, status="done") for name in ALL})
    Screen().table(progress.steps_table(night, {name: name for name in ALL}))
    _assert_text(capsys.readouterr().out)
    progress.show(Screen(), [night])
    _assert_text(capsys.readouterr().out)


def test_a_good_night_shows_streams_tables_and_warnings_as_text(
    account: Account, capsys: Any
) -> None:
    run = "20260302T020000Z-1"
    warnings = [{"kind": "test", "name": text, "message": text} for text in ALL]
    account.put_json(
        f"artifacts/dbt/{run}/build_summary.json",
        {"counts": {"test": {"pass": 17, "warn": len(ALL)}}, "warnings": warnings},
    )
    night = Night("arn", status="SUCCEEDED")
    night.output = {
        "run_id": run,
        "as_of": "2026-03-02T02:00:00Z",
        "has_new_data": True,
        "streams": {
            text: {
                "rows": 1,
                "refused": {"medias": 1, "statuses": {text: 1}, "media_ids": [text]},
                "left_out": {"archived": text},
            }
            for text in ALL
        },
    }
    summary.show_success(Screen(), account.cloud, night)
    printed = capsys.readouterr().out
    _assert_text(printed)
    assert f"dbt tests: 17 passed, {len(ALL)} warned in this night" in printed


def test_a_good_night_says_what_wistia_refused_and_not_what_it_does_not_have(
    account: Account, capsys: Any
) -> None:
    """GIVEN refused medias WHEN the night is over THEN it says so, except for 404."""
    refused = {
        "medias": 1203,
        "statuses": {"403": 2, "404": 1200, "422": 1},
        "media_ids": ["a", "b"],
    }
    gone = {"medias": 1, "statuses": {"404": 1}, "media_ids": ["c"]}
    night = Night("arn", status="SUCCEEDED")
    night.output = {
        "run_id": "20260302T020000Z-1",
        "as_of": "2026-03-02T02:00:00Z",
        "has_new_data": True,
        "streams": {
            "media_stats": {"rows": 5, "refused": refused},
            "media_engagement": {"rows": 5, "refused": gone},
            "media": {"rows": 5, "left_out": {"archived": "400 unknown parameter"}},
        },
    }
    summary.show_success(Screen(), account.cloud, night)
    printed = " ".join(capsys.readouterr().out.split())
    assert (
        "media_stats: Wistia refused some medias (403 for 2, 422 for 1), so their rows" in printed
    )
    assert "media_engagement: Wistia refused" not in printed
    assert "media: Wistia did not serve the list 'archived': 400 unknown parameter" in printed


def test_logs_are_text_without_the_colors_of_dbt(account: Account) -> None:
    group = f"/ecs/{account.stack}-dbt"
    colored = "\x1b[0m18:31:04  1 of 2 PASS events [\x1b[32mPASS\x1b[0m in 1 s]"
    texts = [text for text in ALL if "\x1b[31m" not in text]
    account.log(group, "dbt/dbt/build", "dbt build of run r1", colored, *texts)
    ran = account.run("logs", "--state", "DbtBuild")
    assert ran.exit_code == 0, ran.output
    assert "18:31:04  1 of 2 PASS events [PASS in 1 s]" in ran.output
    assert controls_in(ran.output) == set()
    assert [text for text in texts if readable(text) not in ran.output] == []


def test_each_dbt_state_has_its_own_log(account: Account) -> None:
    """GIVEN three tasks in one log group WHEN one state's log is requested THEN it is that one."""
    group = f"/ecs/{account.stack}-dbt"
    for command in ("freshness", "docs", "upkeep"):
        account.log(group, f"dbt/dbt/{command}", f"dbt {command} of run r2", f"did {command}")
    for state, command in (("DbtFreshness", "freshness"), ("DbtDocs", "docs")):
        printed = account.run("logs", "--state", state).output
        assert f"did {command}" in printed
        assert printed.count("did ") == 1


def test_the_status_shows_watermarks_as_text_and_the_stacks_databases(account: Account) -> None:
    for number, text in enumerate(ALL):
        account.put_json(f"state/watermarks/stream{number}.json", {"watermark": text})
    ran = account.run("status")
    assert ran.exit_code == 0, ran.output
    _assert_text(ran.output)
    assert f"{STAGING}, {ANALYTICS}" in ran.output


def test_an_erasure_shows_the_places_as_text(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.cli.erase.erase", lambda *_: dict.fromkeys(ALL, 1))
    ran = account.run("erase", "visitor")
    assert ran.exit_code == 0, ran.output
    _assert_text(ran.output)


@pytest.mark.parametrize(
    "error",
    [
        PipelineError(ALL_TEXTS),
        OSError(2, ALL_TEXTS, "[/x]"),
        EndpointConnectionError(endpoint_url=ALL_TEXTS),
    ],
    ids=["own", "system", "network"],
)
def test_an_error_is_shown_as_text(
    error: Exception, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(app.logs, "show_status", fail)
    ran = account.run("status")
    assert ran.exit_code == 1
    _assert_text(ran.output)


@pytest.mark.parametrize("text", ["--[/x]", "--[red]x[/red]"])
def test_a_wrong_option_is_shown_as_text(text: str, account: Account) -> None:
    ran = account.run("status", text)
    assert ran.exit_code == 2
    assert text in ran.output


def test_a_wrong_variable_is_shown_as_text(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACK_NAME", "[/x]")
    ran = account.run("status")
    assert ran.exit_code == 2
    assert "STACK_NAME" in ran.output
    assert "[/x]" in ran.output


def test_queries_run_in_the_database_of_the_stack(account: Account) -> None:
    account.answer({"n": "bigint"}, [["1"]])
    account.run("query", "select 1 as of_the_stack")
    assert account.queries()[-1] == (ANALYTICS, "select 1 as of_the_stack")


def test_the_summary_counts_the_tables_of_the_stacks_databases(
    account: Account, capsys: Any
) -> None:
    account.table(STAGING, "events", "event_key")
    account.table(ANALYTICS, "fact_events", "event_key")
    counts = [[f"{STAGING}.events", "1234"], [f"{ANALYTICS}.fact_events", "5"]]
    account.answer({"t": "varchar", "n": "bigint"}, [list(row) for row in counts])
    tables.show(Screen(), account.cloud)
    _, sql = account.queries()[-1]
    assert f'from "{STAGING}"."events"' in sql
    assert f'from "{ANALYTICS}"."fact_events"' in sql
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [f"{STAGING}.events", "1,234"] in lines
    assert [f"{ANALYTICS}.fact_events", "5"] in lines


def test_rows_that_a_test_kept_are_not_listed_as_a_mart(account: Account, capsys: Any) -> None:
    """GIVEN a table of stored failures WHEN tables are shown THEN it is listed separately, with its time."""
    account.table(ANALYTICS, "fact_events_are_in_range", "event_key")
    nodes = {"test.1": {"resource_type": "test", "name": "fact_events_are_in_range"}}
    account.put_json("artifacts/dbt/latest/manifest.json", {"nodes": nodes})
    name = f"{ANALYTICS}.fact_events_are_in_range"
    account.answer({"t": "varchar", "n": "bigint"}, [[name, "3"]])
    tables.show(Screen(), account.cloud)
    above, _, below = capsys.readouterr().out.partition("Rows that failed a test earlier")
    assert name not in above
    assert "not part of the marts" in below
    assert f"{name}: 3 rows, {datetime.now(UTC):%Y-%m-%d}" in below


def test_a_stack_without_databases_says_what_to_do(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACK_NAME", "nowhere")
    ran = account.run("query", "select 1")
    assert ran.exit_code == 1
    assert "There is no stack nowhere in us-east-1: deploy it first (make deploy)." in ran.output


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"),
        ConnectionClosedError(endpoint_url="http://127.0.0.1:4566"),
    ],
)
@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("local", "the next `make nightly` starts it again and repairs everything."),
        ("aws", "A night that is running there continues on its own"),
    ],
)
def test_a_server_that_is_gone_says_what_to_do(
    error: Exception,
    target: str,
    says: str,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: Any) -> None:
        raise error

    monkeypatch.setattr(app.logs, "show_status", gone)
    monkeypatch.setenv("TARGET", target)
    ran = account.run("status")
    assert ran.exit_code == 1
    assert says in ran.output
    assert ran.output.index(says) < ran.output.index("127.0.0.1")


def test_a_closed_pipe_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """GIVEN `make query … | head` WHEN head has read enough THEN the command ends silently."""
    closed: list[int] = []

    def broken(*_: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(app.logs, "show_status", broken)
    monkeypatch.setattr(app.os, "dup2", lambda _, target: closed.append(target))
    monkeypatch.setattr(app.sys, "stdout", SimpleNamespace(fileno=lambda: 1, flush=lambda: None))
    with pytest.raises(SystemExit) as ended:
        app.app(["status"])
    assert ended.value.code == 0
    assert closed == [1]


def test_a_failed_upkeep_shows_its_reason_first_and_as_text(account: Account, capsys: Any) -> None:
    account.put_json(
        "artifacts/dbt/weekly-1/upkeep_summary.json",
        {"exit_code": 3, "failures": [], "error": f"DbtRuntimeError: {ALL_TEXTS}"},
    )
    upkeep = Night("arn:aws:states:us-east-1:1:execution:upkeep:weekly-1", status="FAILED")
    upkeep.error = "States.TaskFailed"
    upkeep.cause = json.dumps(
        {"Containers": [{"ExitCode": 3, "Reason": "Essential container in task exited"}]}
    )
    summary.show_failed_upkeep(Screen(), account.cloud, upkeep)
    printed = capsys.readouterr().out
    _assert_text(printed)
    assert printed.index("DbtRuntimeError") < printed.index("Essential container")
    assert "The upkeep failed: DbtInfrastructureError" in printed


@pytest.mark.parametrize("has_findings", [True, False], ids=["a whole report", "a poor report"])
def test_a_failed_night_names_its_test_first_and_once(
    has_findings: bool, account: Account, capsys: Any
) -> None:
    """GIVEN a report with or without the findings WHEN shown THEN the test comes before ECS's reason."""
    run, test = "20260305T020000Z-5", "test daily_plays_equal_the_sessions: Got 3 results"
    finding = {"kind": "test", "name": "daily_plays_equal_the_sessions", "message": "Got 3 results"}
    account.put_json(
        f"artifacts/dbt/{run}/build_summary.json",
        {"exit_code": 2, "failures": [finding], "error": ""},
    )
    ended = "The dbt task ended with exit code 2: Essential container in task exited"
    night = _failed(f"{test}\n{ended}" if has_findings else ended, "DbtBuild")
    night.plan, night.report["error"] = {"run_id": run}, "DbtTestsFailed"
    summary.show_failure(Screen(), account.cloud, night)
    printed = capsys.readouterr().out
    assert f"{test}\n{ended}" in printed
    assert printed.count(test) == 1


@pytest.mark.parametrize("has_findings", [True, False], ids=["a whole report", "a poor report"])
def test_long_findings_of_a_failed_night_are_shown_once_and_in_order(
    has_findings: bool, account: Account, capsys: Any
) -> None:
    """GIVEN five findings beyond the limit of a cause WHEN shown THEN each is there, the ending last."""
    run = "20260307T020000Z-7"
    findings = [
        {"kind": "test", "name": f"test_{number}", "message": "x" * 500} for number in range(1, 6)
    ]
    found = {"exit_code": 2, "failures": findings, "error": ""}
    account.put_json(f"artifacts/dbt/{run}/build_summary.json", found)
    task = {"Containers": [{"ExitCode": 2, "Reason": "Essential container in task exited"}]}
    _, cause = failure_report.explain(
        "DbtBuild", "States.TaskFailed", json.dumps(task), found if has_findings else None
    )
    night = _failed(cause, "DbtBuild")
    night.plan, night.report["error"] = {"run_id": run}, "DbtTestsFailed"
    summary.show_failure(Screen(), account.cloud, night)
    _, printed = capsys.readouterr().out.split("DbtTestsFailed\n")
    places = [printed.index(f"test test_{number}: x") for number in range(1, 6)]
    assert [*places, printed.index("The dbt task ended")] == sorted(
        [*places, printed.index("The dbt task ended")]
    )
    assert all(printed.count(f"test_{number}:") == 1 for number in range(1, 6))
    assert printed.count("The dbt task ended with exit code 2") == 1


def _steps_until(last: str) -> dict[str, Step]:
    names = list(Night("arn").steps)
    done = names[: names.index(last) + 1] if last else []
    return {name: Step(name, status="done" if name in done else "waiting") for name in names}


@pytest.mark.parametrize(
    "end",
    [
        {"status": "ABORTED"},
        {"status": "TIMED_OUT", "error": "States.Timeout", "cause": "the reason"},
        {"status": "FAILED", "error": "States.Runtime", "cause": "the reason"},
    ],
)
@pytest.mark.parametrize(("last", "place"), [("Seal", "after Seal"), ("", "before its first step")])
def test_a_night_that_ended_between_two_steps_says_after_which(
    end: dict[str, str], last: str, place: str, account: Account, capsys: Any
) -> None:
    night = Night("arn:night", steps=_steps_until(last))
    night.finish(end)
    summary.show_failure(Screen(), account.cloud, night)
    printed = capsys.readouterr().out
    assert f"The night failed {place}: {end.get('error', 'ABORTED')}\n" in printed
    assert "(make logs TARGET=aws)" in printed


@pytest.mark.parametrize(
    ("error", "resumes"), [("InvalidInput", False), ("UnknownMedia", False), ("SomeError", True)]
)
def test_a_night_with_a_wrong_input_is_started_again_and_not_resumed(
    error: str, resumes: bool, account: Account, capsys: Any
) -> None:
    night = _failed("the reason", "Plan")
    night.report["error"] = error
    summary.show_failure(Screen(), account.cloud, night)
    printed = capsys.readouterr().out
    assert ("Resume: make redrive" in printed) == resumes
    assert ("Start a new night with the right" in printed) != resumes


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [("DbtTestsFailed", -1), ("DbtBuildFailed", 2), ("TaskDidNotStart", 2), ("DbtTestsFailed", 3)],
)
def test_findings_of_another_try_are_not_shown(
    error: str, exit_code: int, account: Account, capsys: Any
) -> None:
    run = "20260306T020000Z-6"
    finding = {"kind": "test", "name": "of_another_try", "message": "Got 3 results"}
    account.put_json(
        f"artifacts/dbt/{run}/build_summary.json",
        {"exit_code": exit_code, "failures": [finding], "error": ""},
    )
    night = _failed("the cause", "DbtBuild")
    night.plan, night.report["error"] = {"run_id": run}, error
    summary.show_failure(Screen(), account.cloud, night)
    assert "of_another_try" not in capsys.readouterr().out
