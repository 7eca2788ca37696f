"""The dbt task's arguments and exit codes."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.dbt_task.commands import invocation, parsing
from orchestration.dbt_task.outcome import Outcome


def _item(kind: str, status: str) -> SimpleNamespace:
    node = SimpleNamespace(resource_type=kind, name=f"{kind}_1")
    return SimpleNamespace(node=node, status=status, message="why")


def _outcome(command: str, *items: SimpleNamespace, exception: Exception | None = None) -> Outcome:
    success = not exception and all(item.status in {"success", "pass", "warn"} for item in items)
    result = SimpleNamespace(results=list(items)) if items else None
    return Outcome.of(command, success=success, exception=exception, result=result)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (_outcome("build", _item("model", "success"), _item("test", "warn")), 0),
        (_outcome("build", _item("model", "success"), _item("test", "fail")), 2),
        (_outcome("build", _item("unit_test", "fail")), 2),
        (_outcome("build", _item("model", "error"), _item("test", "fail")), 3),
        (_outcome("build", _item("test", "error")), 3),
        (_outcome("build", exception=RuntimeError("no Athena")), 3),
        (_outcome("freshness", _item("source", "error")), 4),
        (_outcome("freshness", _item("source", "runtime error")), 3),
        (_outcome("freshness", _item("source", "warn"), _item("source", "pass")), 0),
    ],
)
def test_the_exit_code_separates_failed_tests_from_infrastructure(
    outcome: Outcome, code: int
) -> None:
    assert outcome.exit_code == code


def test_the_summary_counts_and_names_the_failures(capsys: Any) -> None:
    _outcome("build", _item("model", "success"), _item("test", "fail")).print_summary()
    printed = capsys.readouterr().out
    assert "model: 1 success" in printed
    assert "FAIL test test_1: why" in printed


def test_vars_and_full_refresh_reach_dbt() -> None:
    environment = {"DBT_VARS": '{"run_id": "r"}', "DBT_FULL_REFRESH_RUN": "true"}
    assert invocation("build", environment)[-3:] == ["--vars", '{"run_id": "r"}', "--full-refresh"]
    assert "--full-refresh" not in invocation("docs", environment)
    assert "--full-refresh" not in invocation("build", {"DBT_FULL_REFRESH_RUN": "false"})


def test_parsing_takes_what_stays_the_same_and_the_run_takes_all() -> None:
    """GIVEN another database and the night's dates WHEN dbt is called THEN only the run gets both."""
    environment = {"STAGING_DATABASE": "mine", "DBT_VARS": '{"as_of": "2026-03-02"}'}
    assert parsing(environment)[-2:] == ["--vars", '{"staging_database": "mine"}']
    assert invocation("build", environment)[-2:] == [
        "--vars",
        '{"staging_database": "mine", "as_of": "2026-03-02"}',
    ]


def _source(status: str, age: float | None, newest: datetime | None) -> SimpleNamespace:
    limits = SimpleNamespace(
        warn_after=SimpleNamespace(count=25, period="hour"),
        error_after=SimpleNamespace(count=49, period="hour"),
    )
    node = SimpleNamespace(resource_type="source", name="media", freshness=limits)
    return SimpleNamespace(node=node, status=status, message=None, age=age, max_loaded_at=newest)


NEWEST = datetime(2026, 3, 1, 2, tzinfo=UTC)
NO_ROW = datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize("status", ["error", "warn"])
def test_a_stale_source_says_its_age_and_its_thresholds(status: str, capsys: Any) -> None:
    _outcome("freshness", _source(status, 200_000.0, NEWEST)).print_summary()
    printed = capsys.readouterr().out
    assert (
        f"{status.upper()} source media: its newest row is 2 days 7 hours old "
        "(2026-03-01 02:00 UTC); it warns after 25 hours; it fails after 49 hours"
    ) in printed


def test_a_source_without_a_row_says_so_and_no_age_of_two_thousand_years(capsys: Any) -> None:
    _outcome("freshness", _source("error", 6.3e10, NO_ROW)).print_summary()
    printed = capsys.readouterr().out
    assert "source media: it has no recent row; it warns after 25 hours" in printed


def test_a_finding_without_any_message_says_its_status() -> None:
    outcome = _outcome("freshness", _source("runtime error", None, None))
    assert outcome.failures[0]["message"] == "dbt says only runtime error"


def test_the_summary_names_the_warnings() -> None:
    outcome = _outcome("build", _item("test", "warn"), _item("test", "pass"))
    assert [item["name"] for item in outcome.warnings] == ["test_1"]
    assert outcome.exit_code == 0


def test_a_message_that_no_log_can_hold_does_not_end_the_task(capfdbinary: Any) -> None:
    """GIVEN half a surrogate pair in a message from dbt WHEN the log is UTF-8 THEN its escape is printed."""
    _outcome("build", exception=ValueError("cut \ud800")).print_summary()
    assert b"ValueError: cut \\ud800" in capfdbinary.readouterr().out
