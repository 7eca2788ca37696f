"""Runs in the function's process: loads the handler, calls it, writes down what came of it.

Only the standard library may be imported here, and as little of it as will do: this is the start-up
time of every invocation, and what is imported here is memory that counts against the function.
"""

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

TASK_ROOT_ON_AWS = "/var/task"
LAYERS_ROOT_ON_AWS = "/opt"


class LambdaContext:
    """What Lambda hands to a Python handler besides the event."""

    def __init__(self, invocation: dict[str, Any]) -> None:
        self.aws_request_id = invocation["request_id"]
        self.invoked_function_arn = invocation["function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = invocation["client_context"]
        self.identity = None
        self._deadline = time.time() + invocation["timeout_seconds"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log as it is."""
        sys.stdout.write(str(message))


class RequestLogFormatter(logging.Formatter):
    """Lambda's plain text format of what goes through ``logging``."""

    def __init__(self, request_id: str) -> None:
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t" + request_id + "\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
        self.converter = time.gmtime


class HandlerLoadError(Exception):
    """The handler could not be loaded; ``error_type`` is Lambda's name for why."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def load_handler(name: str) -> Callable[[Any, LambdaContext], Any]:
    """Import ``package.module.function``, as the handler setting names it."""
    module_name, _, function_name = name.replace("/", ".").rpartition(".")
    if not module_name:
        raise HandlerLoadError(
            "Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack"
        )
    try:
        module = __import__(module_name, fromlist=[function_name])
    except ImportError as error:
        raise HandlerLoadError(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    except SyntaxError as error:
        raise HandlerLoadError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
        ) from error
    try:
        handler = getattr(module, function_name)
    except AttributeError:
        raise HandlerLoadError(
            "Runtime.HandlerNotFound",
            f"Handler '{function_name}' missing on module '{module_name}'",
        ) from None
    return handler


def describe_error(error: BaseException, request_id: str, roots: dict[str, str]) -> dict[str, Any]:
    """Give an exception the shape in which Lambda reports it, with the paths it has on Lambda."""
    if isinstance(error, HandlerLoadError):
        frames: list[str] = []
        error_type = error.error_type
    else:
        frames = traceback.format_list(
            traceback.extract_tb(_without_own_frames(error.__traceback__))
        )
        error_type = type(error).__name__
    for local, on_aws in roots.items():
        frames = [frame.replace(local, on_aws) for frame in frames]
    return {
        "errorMessage": str(error),
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": frames,
    }


def _without_own_frames(frames: TracebackType | None) -> TracebackType | None:
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return frames


def log_error(description: dict[str, Any]) -> None:
    """Print an error as Lambda prints it into the function's log."""
    lines = [f"[ERROR] {description['errorType']}: {description['errorMessage']}"]
    if description["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines += [frame.rstrip("\n") for frame in description["stackTrace"]]
    sys.stdout.write("\n".join(lines) + "\n")


def _peak_memory_bytes() -> int:
    # ru_maxrss would do on its own, but Linux carries the parent's peak over exec into it.
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _serialise(result: object) -> str:
    try:
        return json.dumps(result)
    except (TypeError, ValueError) as error:
        raise HandlerLoadError(
            "Runtime.MarshalError", f"Unable to marshal response: {error}"
        ) from error


def run(invocation: dict[str, Any]) -> dict[str, Any]:
    """Run one invocation and describe its outcome."""
    request_id = invocation["request_id"]
    handler_log = logging.StreamHandler(sys.stdout)
    handler_log.setFormatter(RequestLogFormatter(request_id))
    logging.getLogger().addHandler(handler_log)
    outcome: dict[str, Any] = {}
    try:
        handler = load_handler(os.environ["_HANDLER"])
        # Loading is Lambda's init phase: the function's time-out counts from here.
        outcome["init_seconds"] = time.time() - invocation["started_epoch_seconds"]
        os.close(os.open(invocation["initialised_file"], os.O_CREAT | os.O_WRONLY))
        outcome["payload"] = _serialise(handler(invocation["event"], LambdaContext(invocation)))
    # A function may raise anything; Lambda reports it all.
    except Exception as error:  # noqa: BLE001
        description = describe_error(error, request_id, invocation["roots"])
        log_error(description)
        outcome["payload"] = json.dumps(description)
        outcome["function_error"] = "Unhandled"
    outcome["peak_memory_bytes"] = _peak_memory_bytes()
    return outcome


def main() -> None:
    """Read the invocation from standard input, run it, write its outcome into the given file."""
    invocation = json.load(sys.stdin)
    # -I and -S keep this machine's packages out; Lambda itself has what site adds to builtins.
    import site  # noqa: PLC0415

    site.setquit()
    sys.path[:0] = invocation["import_roots"]
    code = 0
    try:
        outcome = run(invocation)
    except SystemExit as exit_request:
        code = (
            exit_request.code
            if isinstance(exit_request.code, int)
            else int(bool(exit_request.code))
        )
        outcome = {"exit_status": code, "peak_memory_bytes": _peak_memory_bytes()}
    sys.stdout.flush()
    sys.stderr.flush()
    partial = invocation["outcome_file"] + ".part"
    # pathlib would cost every invocation several milliseconds of start-up.
    with open(partial, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(outcome, file)
    os.replace(partial, invocation["outcome_file"])  # noqa: PTH105
    # Lambda freezes the process here: neither exit handlers nor waiting for threads.
    os._exit(code)


if __name__ == "__main__":
    main()
