"""The roles have what AWS needs behind the scenes: needs.toml, evaluated against the template."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.iam.documents import PolicyDocument
from localaws.iam.evaluation import (
    AccessRequest,
    Decision,
    NamedPolicy,
    PolicySet,
    Principal,
    evaluate,
)
from tests.support.resolved_template import ACCOUNT, STACK, ResolvedTemplate

FILE = Path(__file__).resolve().parents[4] / "orchestration/infrastructure/needs.toml"
TABLE = tomllib.loads(FILE.read_text(encoding="utf-8"))
NEEDS, RARE = TABLE["need"], TABLE["rare"]
ROOT = FILE.parents[2]


@pytest.fixture(scope="module")
def stack(template: dict[str, Any]) -> ResolvedTemplate:
    return ResolvedTemplate(template)


def _roles(resources: dict[str, Any]) -> list[str]:
    return [name for name, item in resources.items() if item["Type"] == "AWS::IAM::Role"]


def _policies(stack: ResolvedTemplate, role: str) -> tuple[NamedPolicy, ...]:
    return tuple(
        NamedPolicy(
            item["PolicyName"], PolicyDocument.parse(item["PolicyDocument"], kind="identity")
        )
        for item in stack.properties(role)["Policies"]
    )


def _requests(stack: ResolvedTemplate, need: dict[str, Any]) -> Iterator[tuple[str, AccessRequest]]:
    """Return each role with each call that it must be able to make."""
    for role in need["roles"]:
        function = f"{STACK}-{role.removesuffix('Role').lower()}"
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{stack.name(role)}/run"
        principal = Principal.of_arn(session, stack.arn(role))
        context = {"aws:SecureTransport": "true"} | need.get("context", {})
        for action in need["actions"]:
            for resource in need["resources"]:
                text = stack.resolve({"Fn::Sub": resource.replace("${function}", function)})
                yield role, AccessRequest(principal, action, text, context)


def _decide(stack: ResolvedTemplate, role: str, request: AccessRequest) -> Decision:
    bucket = None
    data = f"arn:aws:s3:::{stack.properties('DataBucketPolicy')['Bucket']}"
    if request.resource.partition("/")[0] == data:
        document = stack.properties("DataBucketPolicy")["PolicyDocument"]
        bucket = NamedPolicy("DataBucketPolicy", PolicyDocument.parse(document, kind="resource"))
    return evaluate(request, PolicySet(identity=_policies(stack, role), resource=bucket))


@pytest.mark.parametrize(
    "need", NEEDS, ids=lambda need: "-".join([*need["roles"], need["actions"][0]])
)
def test_every_need_is_allowed(need: dict[str, Any], stack: ResolvedTemplate) -> None:
    denied = [
        decision.reason
        for role, request in _requests(stack, need)
        if not (decision := _decide(stack, role, request)).allowed
    ]
    assert denied == []


def test_every_role_has_needs_and_every_need_a_reason(resources: dict[str, Any]) -> None:
    assert {role for need in NEEDS for role in need["roles"]} == set(_roles(resources))
    for need in NEEDS:
        assert need["source"].startswith("https://")
        assert need["reason"]
        assert set(need) <= {"roles", "actions", "resources", "context", "reason", "source"}


def test_what_a_good_night_does_not_use_has_a_reason_and_a_test_or_a_source(
    resources: dict[str, Any],
) -> None:
    for rare in RARE:
        assert set(rare["roles"]) <= set(_roles(resources))
        assert rare["reason"]
        if "test" not in rare:
            assert rare["source"].startswith("https://")
            continue
        file, _, name = rare["test"].partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_policies_of_all_roles_are_what_iam_accepts(
    stack: ResolvedTemplate, resources: dict[str, Any]
) -> None:
    for role in _roles(resources):
        assert _policies(stack, role)
        trust = stack.properties(role)["AssumeRolePolicyDocument"]
        assert PolicyDocument.parse(trust, kind="trust").statements


def test_a_missing_permission_is_seen(template: dict[str, Any]) -> None:
    # GIVEN the template without one action of one role
    text = json.dumps(template).replace('"events:PutTargets", ', "")
    assert text != json.dumps(template)
    poorer = ResolvedTemplate(json.loads(text))
    # WHEN all needs are evaluated
    reasons = [
        decision.reason
        for need in NEEDS
        for role, request in _requests(poorer, need)
        if not (decision := _decide(poorer, role, request)).allowed
    ]
    # THEN exactly those of this action are denied
    assert len(reasons) == 2
    assert all(
        "because no identity-based policy allows the events:PutTargets" in r for r in reasons
    )


def test_nothing_needs_network_interfaces(resources: dict[str, Any]) -> None:
    # In a VPC, the role would need ec2:CreateNetworkInterface and more, and needs.toml entries for them:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html, .../glue/latest/dg/start-connecting.html
    inside = [
        name
        for name, item in resources.items()
        if {"VpcConfig", "Connections"} & set(item.get("Properties", {}))
    ]
    assert inside == []
