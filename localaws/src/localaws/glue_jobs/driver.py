"""Runs in the job's Python process: connects to the JVM started beside it and runs the script.

The JVM starts while this process still imports pyspark, and without ``spark-submit``, whose shell
script and launcher start another JVM first only to put together a command line.
"""

import json
import os
import runpy
import struct
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType

JVM_START_TIMEOUT_SECONDS = 120
_POLL_SECONDS = 0.01


def connect(connection_file: Path, jvm_exited: Path) -> None:
    """Wait for the JVM's port and secret and leave them where pyspark looks for them.

    Raises
    ------
    RuntimeError
        The JVM ended, or did not open its port in time.
    """
    deadline = time.monotonic() + JVM_START_TIMEOUT_SECONDS
    while not connection_file.exists():
        if jvm_exited.exists():
            raise RuntimeError("Java ended before it opened its port; see the error log")
        if time.monotonic() > deadline:
            raise RuntimeError(f"Java opened no port within {JVM_START_TIMEOUT_SECONDS} seconds")
        time.sleep(_POLL_SECONDS)
    content = connection_file.read_bytes()
    port, length = struct.unpack_from("!ii", content)
    os.environ["PYSPARK_GATEWAY_PORT"] = str(port)
    os.environ["PYSPARK_GATEWAY_SECRET"] = content[8 : 8 + length].decode()


def error_message(error: BaseException, script: str) -> str:
    """Give an exception's text the form of a Glue job run's ``ErrorMessage``."""
    line = _failed_line(error.__traceback__, script)
    where = f"Failed Line Number: {line}; " if line else ""
    text = str(error).strip()
    name = type(error).__name__
    return f"Error Category: UNCLASSIFIED_ERROR; {where}{name}: {text}" if text else name


def _failed_line(frames: TracebackType | None, script: str) -> int | None:
    lines = [f.lineno for f in traceback.extract_tb(frames) if f.filename == script]
    return lines[-1] if lines else None


def main() -> int:
    """Run the script that the job file names; the exit code is Glue's."""
    job_file = Path(sys.argv[1])
    job = json.loads(job_file.read_text("utf-8"))
    script = job["script"]
    sys.path[:0] = [str(Path(script).parent), *job["python_path"]]
    sys.argv = [script, *job["arguments"]]
    try:
        import pyspark.sql  # noqa: F401, PLC0415

        connect(Path(job["connection_file"]), Path(job["jvm_exited_file"]))
        runpy.run_path(script, run_name="__main__")
    except SystemExit as request:
        if request.code in (None, 0):
            return 0
        message = f"SystemExit: {request.code}"
        Path(job["error_file"]).write_text(message, "utf-8")
        return 1
    # A script may raise anything; Glue reports it all.
    except BaseException as error:  # noqa: BLE001
        traceback.print_exc()
        Path(job["error_file"]).write_text(error_message(error, script), "utf-8")
        return 1
    return 0


if __name__ == "__main__":
    exit_code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that a script leaves behind must not keep a finished run going.
    os._exit(exit_code)
