"""Transitions: every target exists, every state is reached, and there is an end."""

from collections.abc import Iterator
from typing import Any

from localaws.step_functions.definition.diagnostics import (
    DUPLICATE,
    NO_END,
    NO_TARGET,
    Diagnostic,
    Diagnostics,
    State,
)


def check(machine: State) -> Diagnostics:
    """Check the transitions of a machine, and those of the machines inside its states.

    A name is used once in the whole machine (aws/aws-cdk#17354, aws-cloudformation/cfn-lint#3616).
    """
    seen: set[str] = set()
    for container, where in containers(machine, ""):
        for name in container["States"]:
            if name in seen:
                yield Diagnostic(
                    DUPLICATE, f"Duplicate State name: {name}", f"{where}/States/{name}"
                )
            seen.add(name)
        faults = list(_of_container(container, where))
        yield from faults
        if not faults and not any(_ends(state) for state in container["States"].values()):
            yield Diagnostic(NO_END, "Workflow has no terminal state", where or None)


def containers(machine: State, where: str) -> Iterator[tuple[State, str]]:
    """Return a machine and all that are inside its states, each with its place."""
    if not isinstance(machine, dict) or not isinstance(machine.get("States"), dict):
        return
    yield machine, where
    for name, state in machine["States"].items():
        if not isinstance(state, dict):
            continue
        place = f"{where}/States/{name}"
        for key in ("ItemProcessor", "Iterator"):
            yield from containers(state.get(key, {}), f"{place}/{key}")
        branches = state.get("Branches")
        for number, branch in enumerate(branches if isinstance(branches, list) else []):
            yield from containers(branch, f"{place}/Branches[{number}]")


def _of_container(container: State, where: str) -> Diagnostics:
    states = container["States"]
    reached: set[str] = set()
    for target, place in _targets(container, where):
        if not place.startswith(f"{where}/States/{target}/"):
            reached.add(target)
        if target not in states:
            yield Diagnostic(NO_TARGET, f"Missing 'Next' target: {target}", place)
    # One reference by another state is enough, also by one that is not reached itself, as in AWS's
    # editor (aws/amazon-states-language-service#17).
    for name in states:
        if name not in reached:
            message = f'State "{name}" is not reachable.'
            yield Diagnostic(NO_TARGET, message, f"{where}/States/{name}")


def _targets(container: State, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(start := container.get("StartAt"), str):
        yield start, f"{where}/StartAt"
    for name, state in container["States"].items():
        place = f"{where}/States/{name}"
        for target, field in _of_state(state if isinstance(state, dict) else {}):
            if isinstance(target, str):
                yield target, f"{place}/{field}"


def _of_state(state: State) -> Iterator[tuple[Any, str]]:
    for field in ("Next", "Default"):
        yield state.get(field), field
    for field in ("Choices", "Catch"):
        entries = state.get(field)
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(entry, dict):
                yield entry.get("Next"), f"{field}[{number}]/Next"


def _ends(state: Any) -> bool:
    if not isinstance(state, dict):
        return True
    return state.get("End") is True or state.get("Type") in {"Succeed", "Fail"}
