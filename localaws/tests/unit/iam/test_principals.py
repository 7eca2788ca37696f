"""
Whom ``Principal`` and ``NotPrincipal`` name, and whom a role trusts.

Each docstring names a page of https://docs.aws.amazon.com/IAM/latest/UserGuide/.
"""

from typing import Any

import pytest
from localaws_support.policies import (
    ACCOUNT,
    OTHER_ACCOUNT,
    ROLE,
    ROOT,
    SESSION,
    SESSION_ARN,
    STRANGER,
    USER,
    USER_ARN,
    allow,
    decide,
    deny,
    policy,
)

from localaws.iam.evaluation import Principal, evaluate_trust

ANONYMOUS = Principal.anonymous()
LAMBDA = Principal.of_service("lambda.amazonaws.com")
ACCOUNT_ARN = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize(
    ("element", "named"),
    [
        ("*", {"root", "user", "session", "stranger", "anonymous", "lambda"}),
        ({"AWS": "*"}, {"root", "user", "session", "stranger", "anonymous", "lambda"}),
        ({"AWS": ACCOUNT}, {"root", "user", "session"}),
        ({"AWS": [ACCOUNT_ARN]}, {"root", "user", "session"}),
        ({"AWS": [OTHER_ACCOUNT, USER_ARN]}, {"stranger", "user"}),
        ({"AWS": ROLE}, {"session"}),
        ({"AWS": SESSION_ARN}, {"session"}),
        ({"AWS": SESSION_ARN.replace("run-1", "run-2")}, set()),
        # A wildcard cannot stand for a part of a name.
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}, set()),
        ({"AWS": USER_ARN.replace("Ana", "ana")}, set()),
        ({"Service": ["glue.amazonaws.com", "lambda.amazonaws.com"]}, {"lambda"}),
        ({"Service": "glue.amazonaws.com"}, set()),
        ({"CanonicalUser": "79a59df9"}, set()),
    ],
)
def test_whom_a_principal_names(element: Any, named: set[str]) -> None:
    """reference_policies_elements_principal.html: a denial shows whom a statement is about."""
    everybody = {
        "root": ROOT, "user": USER, "session": SESSION, "stranger": STRANGER, "anonymous": ANONYMOUS, "lambda": LAMBDA,
    }  # fmt: skip
    statement = [deny(Principal=element)]
    denied = {
        name
        for name, who in everybody.items()
        if decide(principal=who, on_resource=statement).explicit_deny
    }
    assert denied == named


def test_a_statement_without_principal_is_about_nobody() -> None:
    """reference_policies_elements_principal.html."""
    assert not decide(on_resource=[allow()]).allowed
    assert decide(allow(), on_resource=[deny()]).allowed


def test_a_request_without_signature_needs_a_policy_for_everybody() -> None:
    """reference_policies_elements_principal.html#principal-anonymous."""
    assert decide(principal=ANONYMOUS, on_resource=[allow(Principal="*")]).allowed
    assert not decide(allow(), principal=ANONYMOUS).allowed
    signed = [allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})]
    assert not decide(principal=ANONYMOUS, on_resource=signed).allowed


def test_a_service_is_allowed_by_the_resource_alone() -> None:
    """reference_policies_elements_principal.html#principal-services."""
    for_lambda = [allow(Principal={"Service": "lambda.amazonaws.com"})]
    assert decide(principal=LAMBDA, on_resource=for_lambda, resource_account_id=ACCOUNT).allowed
    assert not decide(allow(), principal=LAMBDA).allowed
    service = {"Bool": {"aws:PrincipalIsAWSService": "true"}}
    assert decide(principal=LAMBDA, on_resource=[allow(Principal="*", Condition=service)]).allowed
    assert not decide(on_resource=[allow(Principal="*", Condition=service)]).allowed


@pytest.mark.parametrize(
    ("listed", "spared"),
    [
        ([USER_ARN, ACCOUNT_ARN], {"user"}),
        ([USER_ARN], set()),
        ([SESSION_ARN, ROLE, ACCOUNT_ARN], {"session"}),
        ([ROLE, ACCOUNT_ARN], set()),
        ([SESSION_ARN, ACCOUNT_ARN], set()),
        ([ACCOUNT_ARN], set()),
        (["*"], {"user", "session"}),
    ],
)
def test_not_principal_spares_only_who_is_listed_with_account_and_role(
    listed: list[str], spared: set[str]
) -> None:
    """reference_policies_elements_notprincipal.html."""
    guard = [deny(NotPrincipal={"AWS": listed})]
    everybody = {"user": USER, "session": SESSION}
    assert {
        n
        for n, who in everybody.items()
        if decide(allow(), principal=who, on_resource=guard).allowed
    } == spared


def test_not_principal_spares_nobody_with_a_boundary() -> None:
    """reference_policies_elements_notprincipal.html: whatever is listed."""
    guard = [deny(NotPrincipal={"AWS": [USER_ARN, ACCOUNT_ARN]})]
    assert decide(allow(), principal=USER, on_resource=guard).allowed
    assert decide(allow(), principal=USER, on_resource=guard, boundary=[allow()]).explicit_deny


def trusts(
    principal: Principal, element: Any, context: dict[str, Any] | None = None, **more: Any
) -> Any:
    statement = allow("sts:AssumeRole", None, Principal=element, **more)
    return evaluate_trust(policy(statement), principal, "sts:AssumeRole", context)


def test_a_role_trusts_whom_its_policy_names() -> None:
    """id_roles_terms-and-concepts.html, reference_policies_elements_principal.html#principal-services."""
    assert trusts(LAMBDA, {"Service": "lambda.amazonaws.com"}).allowed
    assert not trusts(LAMBDA, {"Service": "glue.amazonaws.com"}).allowed
    assert not trusts(LAMBDA, {"AWS": ACCOUNT}).allowed
    assert trusts(USER, {"AWS": ACCOUNT}).allowed
    assert not trusts(STRANGER, {"AWS": ACCOUNT}).allowed


def test_a_role_that_asks_for_its_account_is_not_assumed_for_another() -> None:
    """confused-deputy.html."""
    same = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    machine = {"ArnLike": {"aws:SourceArn": f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:*"}}
    guarded = {"Condition": same | machine}
    element = {"Service": "lambda.amazonaws.com"}
    arn = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:night"
    sent = {"AWS:SourceAccount": ACCOUNT, "aws:sourcearn": arn}
    assert trusts(LAMBDA, element, sent, **guarded).allowed
    assert not trusts(
        LAMBDA, element, sent | {"AWS:SourceAccount": OTHER_ACCOUNT}, **guarded
    ).allowed
    assert not trusts(LAMBDA, element, {"AWS:SourceAccount": ACCOUNT}, **guarded).allowed


def test_a_refusal_of_trust_has_awss_words() -> None:
    """troubleshoot_access-denied.html."""
    start = f"User: {USER_ARN} is not authorized to perform: sts:AssumeRole "
    assert (
        trusts(USER, {"AWS": ROLE}).reason
        == start + "because no role trust policy allows the sts:AssumeRole action"
    )
    refusing = policy(deny("sts:AssumeRole", None, Principal="*"))
    refused = evaluate_trust(refusing, USER)
    assert refused.reason == start + "with an explicit deny in the role trust policy"
    assert refused.explicit_deny


def test_to_assume_a_role_takes_the_trust_and_an_identity_policy() -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow.html: trust policies."""
    assume = {"action": "sts:AssumeRole", "resource": ROLE, "resource_policy_required": True}
    by_account = [allow("sts:AssumeRole", None, Principal={"AWS": ACCOUNT})]
    by_name = [allow("sts:AssumeRole", None, Principal={"AWS": USER_ARN})]
    assert not decide(principal=USER, on_resource=by_account, **assume).allowed
    assert decide(allow("sts:*"), principal=USER, on_resource=by_account, **assume).allowed
    assert decide(principal=USER, on_resource=by_name, **assume).allowed
    refused = decide(allow("sts:*"), principal=USER, **assume)
    assert refused.reason.endswith("because no role trust policy allows the sts:AssumeRole action")
