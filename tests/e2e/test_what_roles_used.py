"""Each permission of the template carries something: a request of a night, or a need with its source.

These nights run under enforcement, as all nights here, and the local AWS keeps each request that a role
was allowed. Each is judged again without one permission at a time.
"""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localaws.connections.control_client import call_control
from orchestration.cloud import program
from orchestration.memory import Memory
from tests.support.pipeline import Pipeline

STACK = "wistia-analytics"
NEEDS = Path(__file__).parents[2] / "orchestration/infrastructure/needs.toml"

OTHER_ROLES = {"UpkeepRole", "ScheduleRole", "ImageBuildRole"}
"""Roles that a night which a person starts does not use."""


def role_name(arn: str) -> str:
    """Return a role's name in the template: ``PlanRole`` of ``…/wistia-analytics-PlanRole-1A2B``."""
    found = re.search(r"-([A-Za-z]+)-[A-Z0-9]+$", arn)
    assert found, arn
    return found[1]


def needed() -> set[tuple[str, str]]:
    """Return the roles and actions that the table of needs explains."""
    table = tomllib.loads(NEEDS.read_text(encoding="utf-8"))
    entries = [*table["need"], *table["rare"]]
    return {(role, action) for it in entries for role in it["roles"] for action in it["actions"]}


@pytest.fixture(scope="module")
def grants(pipeline: Pipeline) -> list[dict[str, Any]]:
    """What each permission carries, after a night that the schedule started and an upkeep."""
    last = Memory.read(pipeline.home / "pipeline.json").last_as_of
    assert last is not None
    moment = datetime.fromisoformat(str(last)) + timedelta(days=1)
    command = [program("localaws"), "scheduler", "fire", f"{STACK}-nightly", "--scheduled-time"]
    subprocess.run(
        [*command, moment.strftime("%Y-%m-%dT%H:%M:%SZ")],
        env=os.environ | {"LOCALAWS_HOME": str(pipeline.home)},
        check=True,
        capture_output=True,
    )
    watched = pipeline.run("watch")
    assert watched.code == 0, watched.output
    upkeep = pipeline.run("upkeep")
    assert upkeep.code == 0, upkeep.output
    found: list[dict[str, Any]] = call_control(pipeline.localaws_settings, "iam-grants")["grants"]
    return [it for it in found if f"/{STACK}-" in it["role"]]


def test_each_permission_carries_a_request_or_has_a_reason(grants: list[dict[str, Any]]) -> None:
    explained = needed()
    carries_nothing = {
        (role_name(it["role"]), it["statement"], it["action"])
        for it in grants
        if it["denied"] is None and (role_name(it["role"]), it["action"]) not in explained
    }
    assert carries_nothing == set()
    assert sum(it["denied"] is not None for it in grants) > 60


def test_without_a_permission_the_refusal_names_it(grants: list[dict[str, Any]]) -> None:
    for it in grants:
        if it["denied"] is not None:
            assert f"is not authorized to perform: {it['action']} on" in it["denied"].replace(
                "SNS:", "sns:"
            )


def test_no_role_was_denied_anything(pipeline: Pipeline, grants: list[dict[str, Any]]) -> None:
    del grants
    report = call_control(pipeline.localaws_settings, "iam-report")
    assert [it for it in report["denied"] if "-role" in it["role"].lower()] == []


@contextmanager
def without(pipeline: Pipeline, role: str, action: str) -> Iterator[None]:
    """Take one action out of a deployed role."""
    iam = pipeline.cloud.client("iam")
    pages = iam.get_paginator("list_roles").paginate()
    name = next(
        it["RoleName"] for page in pages for it in page["Roles"] if f"-{role}-" in it["RoleName"]
    )
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    before = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    statements = []
    for statement in before["Statement"]:
        actions = statement["Action"]
        kept = [it for it in ([actions] if isinstance(actions, str) else actions) if it != action]
        if kept:
            statements.append({**statement, "Action": kept})
    changed = {**before, "Statement": statements}

    def put(document: dict[str, Any]) -> None:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))

    put(changed)
    try:
        yield
    finally:
        put(before)


@pytest.mark.parametrize(
    ("role", "action", "state"),
    [
        ("NightlyRole", "lambda:InvokeFunction", "Plan"),
        ("PlanRole", "s3:PutObject", "Plan"),
        ("IngestRole", "secretsmanager:GetSecretValue", "Ingest"),
    ],
)
def test_a_night_without_a_permission_fails_and_names_it(
    pipeline: Pipeline, role: str, action: str, state: str
) -> None:
    with without(pipeline, role, action):
        ran = pipeline.run("nightly")
    assert ran.code != 0
    assert f"failed in {state}" in ran.output or "failed" in ran.output
    report = call_control(pipeline.localaws_settings, "iam-report")
    assert action in {it["action"] for it in report["denied"] if f"-{role}-" in it["role"]}


@pytest.mark.long
def test_a_night_fails_without_any_permission_that_carries_a_request(
    pipeline: Pipeline, grants: list[dict[str, Any]]
) -> None:
    """Take each one out in turn; a night that fails names it, and goes on when it is back."""
    explained = needed()
    survived = []
    for grant in grants:
        role, action = role_name(grant["role"]), grant["action"]
        if grant["denied"] is None or (role, action) in explained or role in OTHER_ROLES:
            continue
        with without(pipeline, role, action):
            ran = pipeline.run("nightly")
            report = call_control(pipeline.localaws_settings, "iam-report")
        denied = {it["action"] for it in report["denied"] if f"-{role}-" in it["role"]}
        if action not in denied:
            survived.append((role, grant["statement"], action))
        if ran.code:
            redriven = pipeline.run("redrive")
            assert redriven.code == 0, redriven.output
    assert survived == []
