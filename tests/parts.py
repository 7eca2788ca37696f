"""Run the parts of the tests, two at a time, and print the total number of tests.

``python tests/parts.py REPORTS PART …``: each part (folders, joined by a comma) has its own process and
its own local AWS, so that parts cannot affect each other. Two run at a time, because each one mostly
waits. List long parts first. The output of a part is shown if it failed.
"""

import shutil
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
    """Run one part; return its name, exit code, seconds and output."""
    started = time.monotonic()
    report = reports / f"{part.strip('/').replace('/', '-').replace(',', '+')[:100]}.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--quiet", *part.split(","), f"--junitxml={report}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return part, done.returncode, time.monotonic() - started, done.stdout


def total(reports: Path) -> str:
    """Return the totals of pytest's reports."""
    counts: Counter[str] = Counter()
    for report in sorted(reports.glob("*.xml")):
        for suite in ET.parse(report).getroot().iter("testsuite"):
            counts.update({name: int(suite.get(name, 0)) for name in COUNTED})
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    return f"{passed} passed, {failed} failed, {counts['skipped']} skipped"


def shown_name(part: str) -> str:
    """Return the folder of a part; for several folders, the one that contains them."""
    paths = [Path(path) for path in part.split(",")]
    return str(paths[0] if len(paths) == 1 else paths[0].parent / "…")


def main(reports: Path, parts: list[str]) -> int:
    """Run all parts, even after one has failed; return the exit code."""
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    started = time.monotonic()
    failed = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for future in as_completed([pool.submit(run, part, reports) for part in parts]):
            part, code, seconds, printed = future.result()
            if code:
                failed.append(part)
                print(printed)
            summary = (printed.strip().splitlines() or ["no output"])[-1]
            print(
                f"{'FAILED' if code else 'passed'}  {shown_name(part):44s} {seconds:5.0f} s  {summary}",
                flush=True,
            )
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    print(f"{total(reports)}, in {minutes} min {seconds} s")
    if failed:
        print(
            f"Failed: {', '.join(failed)}. Run a part again with .venv/bin/python -m pytest {failed[0].replace(',', ' ')}"
        )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
