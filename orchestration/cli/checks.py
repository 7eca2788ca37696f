"""``preflight`` and ``doctor``: one line for each thing that was looked at."""

from collections.abc import Callable, Sequence

from orchestration.checks import lists, run
from orchestration.checks.check import Check, Site, Verdict
from orchestration.cli import athena
from orchestration.cli.screen import Screen, one_line
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.settings import Settings

_STYLES = {Verdict.GOOD: "green", Verdict.BAD: "bold red", Verdict.UNKNOWN: "yellow"}
Register = Callable[[str | None], Callable[[Callable[..., None]], Callable[..., None]]]


def register(command: Register) -> None:
    """Add the two commands."""

    @command("preflight")
    def preflight() -> None:
        """Look at an account before a deploy; only a change set is made, and deleted again."""
        _ask(lists.PREFLIGHT)

    @command("doctor")
    def doctor() -> None:
        """Look at a deployed stack after a night; changes nothing."""
        _ask(lists.DOCTOR)


def _ask(checks: Sequence[Check]) -> None:
    screen, cloud = Screen(), Cloud(Settings())
    counts = show(screen, checks, Site(cloud, lambda sql: athena.query(cloud, sql).rows))
    screen.line(
        f"{counts[Verdict.GOOD]} as they should be, {counts[Verdict.BAD]} not, "
        f"{counts[Verdict.UNKNOWN]} could not be checked"
    )
    if counts[Verdict.BAD]:
        raise PipelineError(f"{counts[Verdict.BAD]} checks failed: each ✗ says what to do.")


def show(screen: Screen, checks: Sequence[Check], site: Site) -> dict[Verdict, int]:
    """Print a line for each finding; return how many there are of each kind."""
    counts = dict.fromkeys(Verdict, 0)
    for name, finding in run.findings(checks, site):
        counts[finding.verdict] += 1
        advice = f". To do: {finding.advice}" if finding.advice else ""
        screen.line(
            (finding.verdict.value, _STYLES[finding.verdict]),
            one_line(f" {name}: {finding.seen}{advice}"),
        )
    return counts
