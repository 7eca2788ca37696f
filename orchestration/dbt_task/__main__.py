"""Entry point: ``python -m orchestration.dbt_task freshness|build|docs|upkeep``."""

import os
import sys
import tempfile
import warnings
from pathlib import Path

from orchestration.dbt_task.artifacts import Artifacts
from orchestration.dbt_task.commands import COMMANDS, invocation, parsing
from orchestration.dbt_task.outcome import EXIT_INFRASTRUCTURE, Outcome
from orchestration.dbt_task.service_models import share_service_models


def main(command: str) -> int:
    """Run one dbt command, publish its artifacts, print a summary.

    Returns
    -------
    int
        0 success · 2 data tests failed · 3 infrastructure or a model's SQL · 4 sources are stale.
    """
    # Set before dbt is imported, which reads it. Each task has its own folder: several may run.
    with tempfile.TemporaryDirectory(prefix="dbt-") as folder:
        target = Path(folder)
        os.environ["DBT_TARGET_PATH"] = str(target)
        os.environ.setdefault("DBT_LOG_PATH", str(target / "logs"))
        os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        os.environ.setdefault("DBT_USE_COLORS", "false")  # the output is a log, not a terminal
        # dbt keeps two semaphores until the process ends; a helper process would warn about them.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
        _silence_missing_owner()
        share_service_models()
        artifacts = Artifacts(bucket=os.environ["DATA_BUCKET"], run_id=os.environ["RUN_ID"])
        # `make logs STATE=…` finds the log of a state by this line.
        print(f"dbt {command} of run {os.environ['RUN_ID']}", flush=True)  # noqa: T201
        artifacts.begin(command)
        artifacts.fetch_parse_state(target)
        has_manifest = command == "docs" and artifacts.fetch_manifest(target)
        outcome = _run(command, has_manifest=has_manifest)
        outcome.print_summary()
        try:
            artifacts.publish(command, target, outcome)
        except Exception as error:  # noqa: BLE001 - any error of the storage must change the exit code
            print(f"Publishing the artifacts of dbt {command} failed: {error}", file=sys.stderr)  # noqa: T201
            return outcome.exit_code or EXIT_INFRASTRUCTURE
        return outcome.exit_code


def _silence_missing_owner() -> None:
    """Keep a warning about Athena's catalog out of the log of every good night.

    dbt 1.11 expects a column table_owner in every catalog, and Athena's has none.
    """
    warnings.filterwarnings("ignore", '"table_owner" does not match', RuntimeWarning)


def _run(command: str, *, has_manifest: bool) -> Outcome:
    """Parse the project without the run's variables, then run the command with them.

    dbt discards the last parse when a variable differs, and they differ every night. Parsing does
    not depend on them (a test checks this), so one parse serves every night.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes seconds, and reads the environment

    parsed = dbtRunner().invoke(parsing(os.environ))
    if not parsed.success:
        return Outcome.of(command, success=False, exception=parsed.exception, result=parsed.result)
    result = dbtRunner(manifest=parsed.result).invoke(
        invocation(command, os.environ, has_manifest=has_manifest)
    )
    return Outcome.of(
        command, success=result.success, exception=result.exception, result=result.result
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m orchestration.dbt_task {'|'.join(COMMANDS)}")
    # dbt's threads and connections need no orderly shutdown, and waiting for them costs a second.
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
