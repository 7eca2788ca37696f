"""Outcome of a dbt command, for the exit code, the log and the summary in S3."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from orchestration.dbt_task import freshness

EXIT_SUCCESS = 0
EXIT_TESTS_FAILED = 2
EXIT_INFRASTRUCTURE = 3
EXIT_STALE = 4
EXIT_UNKNOWN = -1  # it has not ended
_SHOWN_FAILURES = 20
_MESSAGE_CHARACTERS = 500
_FAILED = {"error", "fail", "runtime error"}
_TEST_TYPES = {"test", "unit_test"}


@dataclass
class Outcome:
    """Counts and failures of one dbt command."""

    command: str
    exit_code: int
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Number of nodes by resource type (model, test, …) and status."""
    failures: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    error: str = ""

    @classmethod
    def of(
        cls, command: str, *, success: bool, exception: BaseException | None, result: Any
    ) -> "Outcome":
        """Return the outcome of dbt's result.

        Parameters
        ----------
        command
            The task's command.
        success, exception, result
            As ``dbtRunner`` returns them; ``result`` has ``results`` if dbt ran nodes.
        """
        counts: dict[str, Counter[str]] = {}
        failures, warnings = [], []
        for item in getattr(result, "results", None) or []:
            node = getattr(item, "node", None)
            kind, status = str(getattr(node, "resource_type", "node")), str(item.status)
            counts.setdefault(kind, Counter())[status] += 1
            if status in _FAILED:
                failures.append(_finding(item, kind, status))
            elif status == "warn":
                warnings.append(_finding(item, kind, status))
        error = (
            f"{type(exception).__name__}: {exception}"[:_MESSAGE_CHARACTERS] if exception else ""
        )
        exit_code = _exit_code(command, success=success, failures=failures, has_error=bool(error))
        return cls(
            command,
            exit_code,
            {kind: dict(found) for kind, found in counts.items()},
            failures,
            warnings,
            error,
        )

    def print_summary(self) -> None:
        """Print what an operator looks for first, as the last lines of the log."""
        lines = [f"dbt {self.command}: exit code {self.exit_code}"]
        for kind, statuses in self.counts.items():
            lines.append(
                f"  {kind}: "
                + ", ".join(f"{number} {status}" for status, number in statuses.items())
            )
        lines += [
            f"  {item['status'].upper()} {item['kind']} {item['name']}: {item['message']}"
            for item in (self.failures + self.warnings)[:_SHOWN_FAILURES]
        ]
        if self.error:
            lines.append(f"  {self.error}")
        # Half a surrogate pair in a message from dbt must not end the task before it publishes.
        text = "\n".join(lines).encode(errors="backslashreplace").decode()
        print(text, flush=True)  # noqa: T201 - the task's log is its output


def _finding(item: Any, kind: str, status: str) -> dict[str, str]:
    said = getattr(item, "message", None) or freshness.describe(item) or f"dbt says only {status}"
    return {
        "name": str(getattr(getattr(item, "node", None), "name", "?")),
        "kind": kind,
        "status": status,
        "message": str(said)[:_MESSAGE_CHARACTERS],
    }


def _exit_code(
    command: str, *, success: bool, failures: list[dict[str, str]], has_error: bool
) -> int:
    if success:
        return EXIT_SUCCESS
    if has_error or not failures:
        return EXIT_INFRASTRUCTURE
    if command == "freshness":
        stale = all(failure["status"] == "error" for failure in failures)
        return EXIT_STALE if stale else EXIT_INFRASTRUCTURE
    only_tests = all(
        failure["kind"] in _TEST_TYPES and failure["status"] == "fail" for failure in failures
    )
    return EXIT_TESTS_FAILED if only_tests else EXIT_INFRASTRUCTURE
