"""What a check is, what it sees and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from orchestration.cloud import Cloud
from orchestration.infrastructure import stack, template
from orchestration.settings import Settings


class Verdict(StrEnum):
    """How a check ended; the value is what is printed."""

    GOOD = "✓"
    BAD = "✗"
    UNKNOWN = "?"


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    verdict
        Whether it is as it should be.
    seen
        What was looked at and what was there.
    advice
        What to do; empty if nothing need be done.
    about
        The one thing among several that it is about, such as the name of a table.
    """

    verdict: Verdict
    seen: str
    advice: str = ""
    about: str = ""


def good(seen: str, *, about: str = "") -> Finding:
    """Return that something is as it should be."""
    return Finding(Verdict.GOOD, seen, about=about)


def bad(seen: str, advice: str, *, about: str = "") -> Finding:
    """Return that something must be changed, and how."""
    return Finding(Verdict.BAD, seen, advice, about)


def unknown(seen: str, advice: str = "", *, about: str = "") -> Finding:
    """Return that something could not be judged, and why."""
    return Finding(Verdict.UNKNOWN, seen, advice, about)


class NotHere(Exception):  # noqa: N818 - no error: an answer that this AWS does not have
    """Raised if this AWS cannot answer; the text says why."""


@dataclass(frozen=True)
class Site:
    """The account that is looked at.

    Attributes
    ----------
    cloud
        Its clients.
    query
        Sends a statement to Athena and returns its rows.
    """

    cloud: Cloud
    query: Callable[[str], list[list[str | None]]]

    @property
    def settings(self) -> Settings:
        """Settings of the command."""
        return self.cloud.settings

    @property
    def target(self) -> str:
        """What to type after a make target to act on this AWS."""
        return "" if self.settings.is_local else " TARGET=aws"

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        return self.cloud.client(service)

    @cached_property
    def stack(self) -> dict[str, Any] | None:
        """The stack as CloudFormation describes it."""
        return stack.describe(self.cloud)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Parameters of the stack, or the template's defaults for those that it lacks."""
        given = (self.stack or {}).get("Parameters", [])
        return template.defaults() | {
            item["ParameterKey"]: str(item["ParameterValue"]) for item in given
        }

    @cached_property
    def resources(self) -> dict[str, tuple[str, str]]:
        """Type and physical id of the stack's resources, by logical id."""
        if self.stack is None:
            return {}
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            item["LogicalResourceId"]: (item["ResourceType"], item.get("PhysicalResourceId", ""))
            for page in pages.paginate(StackName=self.settings.stack_name)
            for item in page["StackResourceSummaries"]
        }

    def of_type(self, kind: str) -> list[str]:
        """Return the physical ids of the stack's resources of a type."""
        return sorted(name for it, name in self.resources.values() if it == kind and name)


@dataclass(frozen=True)
class Check:
    """A question with a name."""

    name: str
    ask: Callable[[Site], Iterable[Finding]]
