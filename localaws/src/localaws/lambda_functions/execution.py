"""Runs one invocation of a function in a process of its own and says what came of it."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psutil

from localaws.context import ServerContext
from localaws.lambda_functions import bootstrap

MEBIBYTE = 1024 * 1024
SUPERVISION_INTERVAL_SECONDS = 0.025
"""How often memory and time are looked at; output and the end are noticed at once."""
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
    scratch = Path(tempfile.mkdtemp(prefix="lambda-", dir=_work_dir(context)))
    try:
        return _execute_in(scratch, context, invocation)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _work_dir(context: ServerContext) -> Path:
    folder = context.settings.run_dir / "lambda"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _execute_in(scratch: Path, context: ServerContext, invocation: Invocation) -> Outcome:
    outcome_file = scratch / "outcome.json"
    temporary = scratch / "tmp"
    temporary.mkdir()
    initialised_file = scratch / "initialised"
    started = time.monotonic()
    started_epoch_seconds = time.time()
    process = context.start_process(
        f"lambda {invocation.function_name}",
        [bare_interpreter(), "-I", "-S", "-u", bootstrap.__file__],
        env=process_environment(context, invocation, temporary),
        cwd=invocation.code,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    request = {
        "request_id": invocation.request_id,
        "function_arn": invocation.function_arn,
        "client_context": invocation.client_context,
        "event": invocation.event,
        "timeout_seconds": invocation.timeout_seconds,
        "started_epoch_seconds": started_epoch_seconds,
        "initialised_file": str(initialised_file),
        "import_roots": [*_import_roots(invocation), str(_runtime_packages(context))],
        "roots": {
            str(invocation.code): bootstrap.TASK_ROOT_ON_AWS,
            **{str(layer): bootstrap.LAYERS_ROOT_ON_AWS for layer in invocation.layers},
        },
        "outcome_file": str(outcome_file),
    }
    supervision = _Supervision(context, process, invocation, initialised_file)
    end = supervision.run(json.dumps(request).encode())
    lines = end.output.decode("utf-8", "replace").splitlines()
    reported = json.loads(outcome_file.read_text("utf-8")) if outcome_file.exists() else {}
    init_seconds = float(reported.get("init_seconds", 0.0))
    duration = time.monotonic() - started - init_seconds
    peak = max(end.peak_memory_bytes, int(reported.get("peak_memory_bytes", 0)))
    if "payload" in reported:
        return Outcome(
            reported["payload"],
            reported.get("function_error"),
            duration,
            peak,
            lines,
            init_seconds,
        )
    payload, log_line = _end_without_answer(end, process.returncode, invocation)
    return Outcome(payload, "Unhandled", duration, peak, [*lines, log_line])


def _runtime_packages(context: ServerContext) -> Path:
    """Return a folder with what Lambda's Python runtime itself brings, and nothing else."""
    folder = _work_dir(context).with_name("lambda-runtime")
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
    """Give the variables that a function sees: its own, and those that Lambda sets.

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
        **context.aws_environment(),
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


@dataclass
class _End:
    output: bytes
    peak_memory_bytes: int
    timed_out: bool = False
    out_of_memory: bool = False


class _Supervision:
    """Feeds a process, collects its output, and kills it when it passes a limit."""

    def __init__(
        self,
        context: ServerContext,
        process: "subprocess.Popen[bytes]",
        invocation: Invocation,
        initialised_file: Path,
    ) -> None:
        self._context = context
        self._process = process
        self._timeout_seconds = invocation.timeout_seconds
        self._initialised_file = initialised_file
        self._initialised = False
        self._deadline = time.monotonic() + INIT_SECONDS + invocation.timeout_seconds
        self._limit_bytes = invocation.memory_mib * MEBIBYTE

    def run(self, request: bytes) -> _End:
        end = _End(b"", 0)
        output = bytearray()
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("The process of a function was started without its pipes")
        pending = memoryview(request)
        os.set_blocking(stdin.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(stdin, selectors.EVENT_WRITE)
            while selector.get_map() and self._process.poll() is None:
                for key, _ in selector.select(SUPERVISION_INTERVAL_SECONDS):
                    if key.fileobj is stdin:
                        pending = _feed(selector, stdin, pending)
                    else:
                        chunk = os.read(stdout.fileno(), 65536)
                        output += chunk
                        if not chunk:
                            selector.unregister(stdout)
                if self._passes_a_limit(end):
                    break
        self._await_end(end)
        self._drain(stdin, stdout, output)
        end.output = bytes(output)
        return end

    def _await_end(self, end: _End) -> None:
        while not (end.timed_out or end.out_of_memory):
            try:
                self._process.wait(SUPERVISION_INTERVAL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                self._passes_a_limit(end)
        # What the function started in the background ends with it, as with Lambda's sandbox.
        self._context.kill_process(self._process)

    def _passes_a_limit(self, end: _End) -> bool:
        end.peak_memory_bytes = max(end.peak_memory_bytes, _resident_bytes(self._process.pid))
        end.out_of_memory = end.peak_memory_bytes > self._limit_bytes
        if not self._initialised and self._initialised_file.exists():
            self._initialised = True
            self._deadline = time.monotonic() + self._timeout_seconds
        end.timed_out = time.monotonic() > self._deadline
        return end.out_of_memory or end.timed_out

    @staticmethod
    def _drain(stdin: Any, stdout: Any, output: bytearray) -> None:
        os.set_blocking(stdout.fileno(), False)
        while chunk := stdout.read(65536):
            output += chunk
        for pipe in (stdin, stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def _feed(selector: selectors.BaseSelector, stdin: Any, pending: memoryview) -> memoryview:
    """Write what the pipe takes; a function may well be killed before it has read its event."""
    try:
        pending = pending[os.write(stdin.fileno(), pending) :]
    except BrokenPipeError:
        pending = pending[:0]
    if not pending:
        selector.unregister(stdin)
        stdin.close()
    return pending


def _resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _end_without_answer(
    end: _End, return_code: int | None, invocation: Invocation
) -> tuple[str, str]:
    """Describe an end without an answer as Lambda does: payload, and line of the log."""
    request = invocation.request_id
    if end.timed_out:
        text = f"Task timed out after {invocation.timeout_seconds:.2f} seconds"
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        message = f"RequestId: {request} Error: {text}"
        return _error("Sandbox.Timedout", message), f"{stamp}Z {request} {text}"
    if end.out_of_memory:
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
