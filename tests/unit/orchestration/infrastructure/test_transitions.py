"""What a night costs in transitions and history, counted on the definition: docs/costs.md says the same."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from orchestration.settings import REPOSITORY_ROOT

COSTS = REPOSITORY_ROOT / "docs/costs.md"
HISTORY_LIMIT = 25_000
"""Events of one execution; AWS ends it beyond (Step Functions quotas)."""
USD_PER_TRANSITION = 0.025 / 1000
# Where a good night with new data goes at each Choice.
CHOSEN = {
    "ResumeWhere": "Ingest",
    "HasNewData": "Normalize",
    "HasMedias": "DbtFreshness",
    "HasAnythingToBuild": "DbtBuild",
}
# Events besides StateEntered and StateExited: scheduled, started, succeeded, and submitted for .sync.
_OF_A_TASK, _OF_A_SYNC_TASK, _OF_A_MAP, _OF_AN_ITERATION = 3, 4, 2, 2


class Night:
    """A night of a size: its ingest tasks, and how often the crawler is looked at."""

    def __init__(self, machine: dict[str, Any], template: dict[str, Any]) -> None:
        self._states = machine["States"]
        self.poll_seconds = int(template["Parameters"]["CrawlPollSeconds"]["Default"])
        self.transitions, self.events = 0, 2  # the execution's own start and end

    def walk(self, *, tasks: int, continued: int, crawl_seconds: int) -> "Night":
        """Go through the states from the first to the last."""
        polls = -(-crawl_seconds // self.poll_seconds)
        for name in self._path(polls):
            state = self._states[name]
            self._enter(state)
            if state["Type"] == "Map":
                self.events += _OF_A_MAP + tasks * _OF_AN_ITERATION
                inner = state["ItemProcessor"]["States"]
                for entered, times in (
                    ("IngestTask", tasks + continued),
                    ("IngestTaskDone", tasks + continued),
                    ("ContinueIngestTask", continued),
                    ("IngestTaskResult", tasks),
                ):
                    for _ in range(times):
                        self._enter(inner[entered])
        return self

    def _path(self, polls: int) -> Iterator[str]:
        name, left = "Plan", polls
        while True:
            yield name
            state = self._states[name]
            if state.get("End"):
                return
            if name == "CrawlerDone":
                name, left = ("WaitForCrawler", left - 1) if left else ("Register", left)
            else:
                name = CHOSEN.get(name) or state["Next"]

    def _enter(self, state: dict[str, Any]) -> None:
        self.transitions += 1
        self.events += 2
        if state["Type"] == "Task":
            is_sync = state["Resource"].endswith(".sync")
            self.events += _OF_A_SYNC_TASK if is_sync else _OF_A_TASK


@pytest.fixture
def night(state_machine: dict[str, Any], template: dict[str, Any]) -> Night:
    return Night(state_machine, template)


def _documented() -> list[dict[str, int]]:
    """Return the sizes of docs/costs.md with the transitions and the events that it names."""
    rows = {
        match[1]: [int(cell.replace(",", "")) for cell in match[2].strip(" |").split("|")]
        for match in re.finditer(
            r"^\| (.+?) \|((?: [\d,]+ \|){3})$", COSTS.read_text(), re.MULTILINE
        )
    }
    names = {
        "tasks": "ingest tasks a night",
        "continued": "of them continued, because a Lambda neared its limit",
        "crawl_seconds": "seconds of the crawl",
        "transitions": "state transitions a night",
        "events": "events of its history",
    }
    return [{key: rows[name][column] for key, name in names.items()} for column in range(3)]


@pytest.mark.parametrize("column", [0, 1, 2], ids=["small", "medium", "large"])
def test_the_page_of_costs_counts_transitions_and_events_as_the_definition_has_them(
    night: Night, column: int
) -> None:
    size = _documented()[column]
    walked = night.walk(
        tasks=size["tasks"], continued=size["continued"], crawl_seconds=size["crawl_seconds"]
    )
    assert (walked.transitions, walked.events) == (size["transitions"], size["events"])
    arithmetic = re.search(r"^\| Step Functions \|.*$", COSTS.read_text(), re.MULTILINE)
    assert arithmetic
    price = arithmetic[0].strip(" |").split("|")[2 + column].strip()
    assert float(price) == pytest.approx(walked.transitions * 30 * USD_PER_TRANSITION, abs=0.005)


def test_a_crawl_of_six_hours_stays_far_below_the_longest_history(night: Night) -> None:
    walked = night.walk(tasks=100, continued=20, crawl_seconds=6 * 3600)
    assert walked.events < HISTORY_LIMIT / 2


def test_the_wait_between_two_looks_is_the_parameter(
    states: dict[str, Any], resources: dict[str, Any]
) -> None:
    look, wait = states["LookAtCrawler"], states["WaitForCrawler"]
    substitution = "States.StringToJson('${CrawlPollSeconds}')"
    assert look["ResultSelector"]["poll_seconds.$"] == substitution
    assert wait == {"Type": "Wait", "SecondsPath": "$.look.poll_seconds", "Next": "LookAtCrawler"}
    given = resources["NightlyStateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert given["CrawlPollSeconds"] == {"Ref": "CrawlPollSeconds"}
