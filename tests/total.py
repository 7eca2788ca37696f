"""Print how many tests ran in all: ``python tests/total.py FOLDER`` adds up pytest's JUnit files."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET


def main(folder: Path) -> None:
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in sorted(folder.glob("*.xml")):
        for suite in ET.parse(report).getroot().iter("testsuite"):
            for name in counts:
                counts[name] += int(suite.get(name, 0))
    failed = counts["failures"] + counts["errors"]
    print(
        f"{counts['tests'] - failed - counts['skipped']} passed, {failed} failed, {counts['skipped']} skipped"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
