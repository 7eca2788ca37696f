"""Calls a function's handler in another process, as Lambda does. Used by bench_ingest.py."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class Context:
    """Lambda's context of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the longest time that a Lambda function can run."""
        return 900_000


def call_handler(
    name: str, event: dict[str, Any], environment: dict[str, str]
) -> tuple[dict[str, Any], float]:
    """Return a handler's result and the process's peak memory in MB (10^6 bytes)."""
    answer = subprocess.run(
        [sys.executable, __file__, name],
        input=json.dumps(event),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise SystemExit(answer.stderr)
    result, peak_kib = json.loads(answer.stdout.splitlines()[-1])
    return result, peak_kib * 1024 / 1e6


def main() -> None:
    """Call the handler with the event on stdin."""
    handler = importlib.import_module(f"ingestion.handlers.{sys.argv[1]}").handler
    result = handler(json.load(sys.stdin), Context())
    # Not ru_maxrss: it keeps the peak of the process that this one was forked from.
    status = Path("/proc/self/status").read_text()
    print("\n" + json.dumps([result, int(status.split("VmHWM:")[1].split()[0])]))


if __name__ == "__main__":
    main()
