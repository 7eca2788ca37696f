"""The dbt task's arguments and exit codes."""

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
def test_the_exit_code_tells_failed_tests_from_infrastructure(outcome: Outcome, code: int) -> None:
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
    """GIVEN a database of its own and the night's dates WHEN dbt is asked THEN only the run has both."""
    environment = {"STAGING_DATABASE": "mine", "DBT_VARS": '{"as_of": "2026-03-02"}'}
    assert parsing(environment)[-2:] == ["--vars", '{"staging_database": "mine"}']
    assert invocation("build", environment)[-2:] == [
        "--vars",
        '{"staging_database": "mine", "as_of": "2026-03-02"}',
    ]
