"""Start and stop a localaws from outside: what ``localaws up`` and the tests call."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil
from filelock import FileLock

from localaws.child_processes.processes import kill_owned_by
from localaws.connections.control_client import call_control
from localaws.connections.endpoints import Endpoints, is_running, read_endpoints
from localaws.connections.home_key import home_key, make_private
from localaws.downloads import ensure_engines
from localaws.errors import LocalAwsError, NotRunningError, StartError
from localaws.extras import spark_is_installed
from localaws.glue_jobs import class_archive
from localaws.settings import Settings
from localaws.waiting import wait_until

POLL_SECONDS = 0.02
STOP_SECONDS = 60.0
KILL_SECONDS = 5.0
LOG_LIMIT_BYTES = 10 << 20
LOG_NAME = "server.log"


@dataclass(frozen=True)
class Started:
    """What ``up`` found or started.

    Parameters
    ----------
    endpoints
        Where the server is.
    already
        Whether it ran before.
    notes
        What a person should know about the restored state, one sentence each.
    """

    endpoints: Endpoints
    already: bool
    notes: list[str]


def up(settings: Settings) -> Started:
    """Start the server of a home in the background, or find the one that runs.

    Returns once AWS requests are served; Trino goes on starting.

    Raises
    ------
    DownloadError
        The engines are not in the cache and could not be fetched.
    StartError
        A part did not start; the text says which, why, and where its log is.
    """
    ensure_engines(settings)
    if spark_is_installed():
        class_archive.build(settings)
    try:
        make_private(settings)
        home_key(settings)
        lock = FileLock(settings.run_dir / "up.lock")
        with lock:
            if is_running(settings):
                return Started(_wait_for_endpoints(settings), already=True, notes=[])
            report = _start(settings)
    except OSError as error:
        raise StartError(
            f"localaws cannot write to its home {settings.home}: {error.strerror or error}. Make"
            " room or name another folder in LOCALAWS_HOME."
        ) from error
    return Started(read_endpoints(settings), already=False, notes=_notes(report))


def down(settings: Settings) -> bool:
    """Save the state and stop everything.

    Returns
    -------
    bool
        Whether a server ran.

    Raises
    ------
    LocalAwsError
        The server did not stop by itself and was killed; the state is that of its last save.
    """
    try:
        endpoints = read_endpoints(settings)
    except NotRunningError:
        kill_owned_by(f"{settings.home}#")
        settings.endpoints_file.unlink(missing_ok=True)
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(endpoints.pids["server"])
        try:
            call_control(settings, "shutdown", timeout=10)
        except LocalAwsError:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(KILL_SECONDS)
            kill_owned_by(f"{settings.home}#")
            raise LocalAwsError(
                f"The server of {settings.home} did not stop within {STOP_SECONDS:.0f} s and was"
                f" killed. Its state is that of its last save. See {settings.logs_dir / LOG_NAME}."
            ) from None
    return True


def reset(settings: Settings) -> None:
    """Empty the account of a home, whether it runs or not."""
    if is_running(settings):
        call_control(settings, "reset")
    else:
        shutil.rmtree(settings.state_dir, ignore_errors=True)


def _start(settings: Settings) -> dict[str, Any]:
    log_path = settings.logs_dir / LOG_NAME
    if log_path.exists() and log_path.stat().st_size > LOG_LIMIT_BYTES:
        log_path.replace(log_path.with_suffix(".1.log"))
    report_path = settings.run_dir / "start.json"
    report_path.unlink(missing_ok=True)
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "localaws.server"],
            cwd=settings.home,
            env={**os.environ, **_as_environment(settings)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    wait_until(
        lambda: report_path.exists() or process.poll() is not None,
        timeout_seconds=settings.start_timeout_seconds,
        pause_seconds=POLL_SECONDS,
    )
    if report_path.exists():
        report: dict[str, Any] = json.loads(report_path.read_text())
        if "error" in report:
            raise StartError(f"{report['error']} Its log is {log_path}.")
        return report
    if process.poll() is not None:
        raise StartError(
            f"The server ended with exit code {process.returncode} while it started:"
            f" {_last_line(log_path.read_text(errors='replace'))} Its log is {log_path}."
        )
    process.kill()
    raise StartError(
        f"The server was not ready within {settings.start_timeout_seconds:.0f} s and was killed."
        f" Its log is {log_path}; LOCALAWS_START_TIMEOUT_SECONDS gives it more time."
    )


def _wait_for_endpoints(settings: Settings) -> Endpoints:
    """Read where a server is that somebody else may be starting at this moment."""

    def look() -> Endpoints | None:
        with contextlib.suppress(NotRunningError):
            return read_endpoints(settings)
        return None

    found = wait_until(
        look, timeout_seconds=settings.start_timeout_seconds, pause_seconds=POLL_SECONDS
    )
    return found or read_endpoints(settings)


def _as_environment(settings: Settings) -> dict[str, str]:
    values = settings.model_dump(mode="json", exclude_none=True)
    return {f"LOCALAWS_{name.upper()}": str(value) for name, value in values.items()}


def _notes(report: dict[str, Any]) -> list[str]:
    notes = []
    if report.get("set_aside"):
        path, reason = report["set_aside"]
        notes.append(
            f"The saved state could not be read: {reason}. It was moved to {path}, and the account"
            " starts empty."
        )
    if report.get("restored_from") and not report.get("restored_clean"):
        saved_at = datetime.fromisoformat(report["restored_from"])
        age = datetime.now(UTC) - saved_at
        notes.append(
            f"The last server did not stop in an orderly way. Its state was saved"
            f" {age.total_seconds():.0f} s ago ({saved_at:%Y-%m-%d %H:%M:%S} UTC); what changed"
            " after that is lost."
        )
    return notes


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing."
