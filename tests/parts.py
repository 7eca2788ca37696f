"""Run the parts of the tests, two at a time, and print how many tests ran in all.

``python tests/parts.py REPORTS PART …``: each part has a process and a local AWS of its own, so that what
one leaves behind cannot colour another. Two at a time, because each waits for something most of the
time. Parts that take long come first. What a part prints comes when it has failed, whole.
"""

import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from xml.etree import ElementTree as ET

AT_A_TIME = 2
COUNTED = ("tests", "failures", "errors", "skipped")


def run(part: str, reports: Path) -> tuple[str, int, float, str]:
    """Run one part; return its name, exit code, seconds and what it printed."""
    started = time.monotonic()
    report = reports / f"{part.strip('/').replace('/', '-')}.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--quiet", part, f"--junitxml={report}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return part, done.returncode, time.monotonic() - started, done.stdout


def total(reports: Path) -> str:
    """Add up what pytest wrote down."""
    counts: Counter[str] = Counter()
    for report in sorted(reports.glob("*.xml")):
        for suite in ET.parse(report).getroot().iter("testsuite"):
            counts.update({name: int(suite.get(name, 0)) for name in COUNTED})
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    return f"{passed} passed, {failed} failed, {counts['skipped']} skipped"


def main(reports: Path, parts: list[str]) -> int:
    """Run all parts, also after one has failed."""
    reports.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    failed = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for future in as_completed([pool.submit(run, part, reports) for part in parts]):
            part, code, seconds, printed = future.result()
            if code:
                failed.append(part)
                print(printed)
            summary = (printed.strip().splitlines() or ["it printed nothing"])[-1]
            print(
                f"{'FAILED' if code else 'passed'}  {part:40s} {seconds:5.0f} s  {summary}",
                flush=True,
            )
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    print(f"{total(reports)}, in {minutes} min {seconds} s")
    if failed:
        print(
            f"Failed: {', '.join(failed)}. Repeat one with .venv/bin/python -m pytest {failed[0]}"
        )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
