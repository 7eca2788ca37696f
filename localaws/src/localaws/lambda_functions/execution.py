"""Runs one invocation of a function in a process of its own."""

import json
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from localaws.child_processes.child_run import child_run, scratch_folder
from localaws.child_processes.command import Command
from localaws.child_processes.supervision import (
    Check,
    Deadline,
    Ending,
    MemoryLimit,
    wait_for_end,
)
from localaws.context import ServerContext
from localaws.credentials import Identity
from localaws.lambda_functions import bootstrap

MEBIBYTE = 1024 * 1024
SUPERVISION_INTERVAL_SECONDS = 0.025
"""How often memory and time are looked at; the end is noticed within 10 ms."""
INIT_SECONDS = 10.0
"""What Lambda gives the loading of a function before it counts against the time-out."""
_RUNTIME_PACKAGES = (
    *("boto3", "botocore", "s3transfer", "jmespath"),
    *("dateutil", "urllib3", "six.py"),
)
"""boto3 and what it needs. A function's own copy comes before it, as on Lambda."""


@dataclass(frozen=True)
class Invocation:
    """One call of one function.

    Attributes
    ----------
    code, layers
        Unpacked folders of the function and its layers.
    timeout_seconds, memory_mib
        Limits; the process is killed when it passes one.
    environment
        The function's own variables.
    identity
        Session of its execution role.
    """

    request_id: str
    function_name: str
    function_arn: str
    version: str
    handler: str
    event: Any
    code: Path
    layers: tuple[Path, ...]
    timeout_seconds: int
    memory_mib: int
    environment: Mapping[str, str]
    log_group: str
    log_stream: str
    identity: Identity
    runtime: str = "python3.11"
    client_context: Any = None


@dataclass
class Outcome:
    """What an invocation gave: a payload as JSON text, and no function error if it succeeded."""

    payload: str
    function_error: str | None
    duration_seconds: float
    peak_memory_bytes: int
    log_lines: list[str] = field(default_factory=list)
    init_seconds: float = 0.0


def bare_interpreter() -> str:
    """Path of the Python below the virtual environment, whose packages a function must not see."""
    return str(getattr(sys, "_base_executable", sys.executable))


def execute(context: ServerContext, invocation: Invocation) -> Outcome:
    """Run an invocation to its end, its time-out or its memory limit.

    Returns
    -------
    Outcome
        Also for a function that fails, is killed or never answers: these are outcomes, not errors.
    """
    folder = context.settings.run_dir / "lambda"
    with scratch_folder(folder, "lambda-") as scratch:
        return _execute_in(scratch, context, invocation)


def _execute_in(scratch: Path, context: ServerContext, invocation: Invocation) -> Outcome:
    files = _Files.in_folder(scratch)
    started = time.monotonic()
    request = _request(context, invocation, files)
    files.request.write_text(json.dumps(request))
    output: list[str] = []
    with files.request.open("rb") as stdin:
        command = Command(
            name=f"lambda {invocation.function_name}",
            argv=[bare_interpreter(), "-I", "-S", "-u", bootstrap.__file__],
            env=process_environment(context, invocation, files.temporary),
            cwd=invocation.code,
            stdin=stdin,
        )
        # What the function started in the background ends with it, as with Lambda's sandbox.
        with child_run(context.children, command, output.extend) as process:
            memory = MemoryLimit(process.pid, invocation.memory_mib * MEBIBYTE)
            deadline = _deadline(invocation, files.initialised)
            ending = wait_for_end(
                process, memory, deadline, interval_seconds=SUPERVISION_INTERVAL_SECONDS
            )
    lines = "\n".join(output).splitlines()
    reported = json.loads(files.outcome.read_text("utf-8")) if files.outcome.exists() else {}
    init_seconds = float(reported.get("init_seconds", 0.0))
    duration = time.monotonic() - started - init_seconds
    peak = max(memory.peak_bytes, int(reported.get("peak_memory_bytes", 0)))
    if "payload" in reported:
        error = reported.get("function_error")
        return Outcome(reported["payload"], error, duration, peak, lines, init_seconds)
    payload, log_line = _end_without_answer(ending, process.returncode, invocation)
    return Outcome(payload, "Unhandled", duration, peak, [*lines, log_line])


@dataclass(frozen=True)
class _Files:
    """What the server and the function's process tell each other in files."""

    request: Path
    initialised: Path
    outcome: Path
    temporary: Path

    @classmethod
    def in_folder(cls, scratch: Path) -> "_Files":
        temporary = scratch / "tmp"
        temporary.mkdir()
        return cls(
            scratch / "request.json", scratch / "initialised", scratch / "outcome.json", temporary
        )


def _request(context: ServerContext, invocation: Invocation, files: _Files) -> dict[str, Any]:
    return {
        "request_id": invocation.request_id,
        "function_arn": invocation.function_arn,
        "client_context": invocation.client_context,
        "event": invocation.event,
        "timeout_seconds": invocation.timeout_seconds,
        "started_epoch_seconds": time.time(),
        "initialised_file": str(files.initialised),
        "import_roots": [*_import_roots(invocation), str(_runtime_packages(context))],
        "roots": {
            str(invocation.code): bootstrap.TASK_ROOT_ON_AWS,
            **{str(layer): bootstrap.LAYERS_ROOT_ON_AWS for layer in invocation.layers},
        },
        "outcome_file": str(files.outcome),
    }


def _deadline(invocation: Invocation, initialised: Path) -> Check:
    """Return the function's time limit, which counts from the moment when it is loaded."""
    deadline = Deadline(INIT_SECONDS + invocation.timeout_seconds)
    is_loaded = False

    def check() -> Ending | None:
        nonlocal is_loaded
        if not is_loaded and initialised.exists():
            is_loaded = True
            deadline.restart(invocation.timeout_seconds)
        return deadline()

    return check


def _runtime_packages(context: ServerContext) -> Path:
    """Return a folder with what Lambda's Python runtime itself brings, and nothing else."""
    folder = context.settings.run_dir / "lambda-runtime"
    folder.mkdir(exist_ok=True)
    packages = Path(boto3.__file__).parent.parent
    for name in _RUNTIME_PACKAGES:
        with suppress(FileExistsError):
            (folder / name).symlink_to(packages / name)
    return folder


def _import_roots(invocation: Invocation) -> list[str]:
    roots = [str(invocation.code)]
    for layer in invocation.layers:
        roots += [str(layer / "python" / "lib" / invocation.runtime / "site-packages")]
        roots += [str(layer / "python")]
    return roots


def process_environment(
    context: ServerContext, invocation: Invocation, temporary: Path
) -> dict[str, str]:
    """Return the variables that a function sees: its own, and those that Lambda sets.

    Parameters
    ----------
    temporary
        The function's ``/tmp``: on Lambda nothing else can be written to.
    """
    return {
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": str(temporary),
        **context.aws_environment(invocation.identity),
        **invocation.environment,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{invocation.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": invocation.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": invocation.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(invocation.memory_mib),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": invocation.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": invocation.log_stream,
        "LAMBDA_TASK_ROOT": str(invocation.code),
        "LAMBDA_RUNTIME_DIR": str(Path(bootstrap.__file__).parent),
        "_HANDLER": invocation.handler,
        "_X_AMZN_TRACE_ID": _trace_id(invocation.request_id),
    }


def _trace_id(request_id: str) -> str:
    digits = request_id.replace("-", "")
    return f"Root=1-{int(time.time()):08x}-{digits[:24]};Parent={digits[:16]};Sampled=0"


def _end_without_answer(
    ending: Ending, return_code: int | None, invocation: Invocation
) -> tuple[str, str]:
    """Describe an end without an answer as Lambda does: payload, and line of the log."""
    request = invocation.request_id
    if ending is Ending.TIMED_OUT:
        text = f"Task timed out after {invocation.timeout_seconds:.2f} seconds"
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        message = f"RequestId: {request} Error: {text}"
        return _error("Sandbox.Timedout", message), f"{stamp}Z {request} {text}"
    if ending is Ending.OUT_OF_MEMORY:
        reason, error_type = "signal: killed", "Runtime.OutOfMemory"
    elif return_code is not None and return_code < 0:
        reason = "signal: " + (signal.strsignal(-return_code) or str(-return_code)).lower()
        error_type = "Runtime.ExitError"
    else:
        reason, error_type = f"exit status {return_code}", "Runtime.ExitError"
    message = f"RequestId: {request} Error: Runtime exited with error: {reason}"
    return _error(error_type, message), f"{message}\n{error_type}"


def _error(error_type: str, message: str) -> str:
    return json.dumps({"errorType": error_type, "errorMessage": message})
