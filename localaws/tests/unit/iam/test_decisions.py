"""
How identity, resource and session policies and boundaries decide together.

Each docstring names a page of https://docs.aws.amazon.com/IAM/latest/UserGuide/.
"""

from typing import Any

import pytest
from localaws_support.policies import (
    ACCOUNT,
    OBJECT,
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
)

from localaws.iam.evaluation import Principal

ELSEWHERE = allow("sqs:*")
BY_ACCOUNT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def on_resource(principal: Any, **more: Any) -> list[dict[str, Any]]:
    return [allow("s3:*", Principal=principal, **more)]


def test_everything_is_denied_by_default() -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow.html."""
    decision = decide()
    assert (decision.allowed, decision.explicit_deny, decision.matched) == (False, False, ())
    assert not decide(allow("s3:PutObject")).allowed


def test_the_root_user_has_full_access_to_its_account() -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow.html."""
    assert decide(principal=ROOT).allowed
    assert decide(principal=ROOT, on_resource=[deny(Principal="*")]).explicit_deny
    assert not decide(principal=ROOT, resource_account_id=OTHER_ACCOUNT).allowed


@pytest.mark.parametrize("place", ["identity", "on_resource", "boundary", "session"])
def test_an_explicit_deny_in_any_policy_wins(place: str) -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow.html."""
    principal = {"Principal": {"AWS": SESSION_ARN}}
    policies: dict[str, list[dict[str, Any]]] = {
        "identity": [allow()],
        "on_resource": [allow(**principal)],
        "boundary": [allow()],
        "session": [allow()],
    }
    policies[place].append(deny("s3:Get*", **(principal if place == "on_resource" else {})))
    decision = decide(*policies.pop("identity"), **policies)
    assert (decision.allowed, decision.explicit_deny) == (False, True)
    assert [m.effect for m in decision.matched] == ["Deny"]


def test_within_an_account_either_policy_is_enough() -> None:
    """reference_policies_evaluation-logic_policy-eval-basics-id-rdp.html."""
    assert decide(allow()).allowed
    assert decide(on_resource=on_resource({"AWS": ROLE})).allowed
    assert decide(principal=USER, on_resource=on_resource({"AWS": USER_ARN})).allowed


def test_a_policy_that_names_the_account_leaves_it_to_identity_policies() -> None:
    """reference_policies_elements_principal.html#principal-accounts: it delegates authority to the account."""
    for principal in (BY_ACCOUNT, {"AWS": ACCOUNT}):
        assert not decide(on_resource=on_resource(principal)).allowed
        assert decide(allow(), on_resource=on_resource(principal)).allowed


def test_a_boundary_and_an_identity_policy_must_both_allow() -> None:
    """access_policies_boundaries.html#access_policies_boundaries-eval-logic."""
    assert decide(allow(), boundary=[allow("s3:*")]).allowed
    assert not decide(allow(), boundary=[ELSEWHERE]).allowed
    assert not decide(boundary=[allow()]).allowed


def test_session_policies_and_identity_policies_must_both_allow() -> None:
    """access_policies.html#policies_session."""
    assert decide(allow(), session=[allow("s3:*")]).allowed
    assert not decide(allow(), session=[ELSEWHERE]).allowed
    assert not decide(session=[allow()]).allowed


@pytest.mark.parametrize("limit", ["boundary", "session"])
@pytest.mark.parametrize(
    ("principal", "named", "limited"),
    [
        (SESSION, {"AWS": ROLE}, True),
        (SESSION, {"AWS": SESSION_ARN}, False),
        (SESSION, "*", False),
        (USER, {"AWS": USER_ARN}, False),
    ],
)
def test_what_a_resource_policy_grants_directly_is_not_limited(
    principal: Principal, named: Any, limited: bool, limit: str
) -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow.html: role ARN, session ARN, user ARN."""
    granted = {"on_resource": on_resource(named), limit: [ELSEWHERE]}
    assert decide(principal=principal, **granted).allowed is not limited


def test_the_user_of_a_federated_session_is_limited() -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow.html: IAM federated user sessions."""
    session = Principal.of_arn(f"arn:aws:sts::{ACCOUNT}:federated-user/Ana")
    by_user = on_resource({"AWS": f"arn:aws:iam::{ACCOUNT}:user/Ana"})
    assert not decide(principal=session, on_resource=by_user, session=[ELSEWHERE]).allowed
    assert decide(principal=session, on_resource=by_user, session=[allow()]).allowed
    direct = on_resource({"AWS": session.arn})
    assert decide(principal=session, on_resource=direct, session=[ELSEWHERE]).allowed


def test_across_accounts_both_sides_must_allow() -> None:
    """reference_policies_evaluation-logic-cross-account.html."""
    for named in ({"AWS": STRANGER.arn}, {"AWS": OTHER_ACCOUNT}, "*"):
        given = {
            "principal": STRANGER,
            "on_resource": on_resource(named),
            "resource_account_id": ACCOUNT,
        }
        assert decide(allow(), **given).allowed
        assert not decide(**given).allowed
        assert not decide(allow(), boundary=[ELSEWHERE], **given).allowed
        assert not decide(allow(), session=[ELSEWHERE], **given).allowed
    assert not decide(allow(), principal=STRANGER, resource_account_id=ACCOUNT).allowed


def test_the_account_of_a_resource_is_read_from_its_arn() -> None:
    """reference-arns.html."""
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
    assert decide(allow(), resource=queue).allowed
    assert not decide(allow(), resource=queue, principal=STRANGER).allowed
    assert decide(allow(), resource=OBJECT, principal=STRANGER).allowed


def test_keys_and_roles_need_the_resources_policy_within_the_account_too() -> None:
    """reference_policies_evaluation-logic_policy-eval-denyallow.html: trust policies and key policies."""
    required = {"resource_policy_required": True}
    assert not decide(allow(), **required).allowed
    assert decide(allow(), on_resource=on_resource(BY_ACCOUNT), **required).allowed
    assert not decide(on_resource=on_resource(BY_ACCOUNT), **required).allowed
    assert decide(on_resource=on_resource({"AWS": ROLE}), **required).allowed
    assert not decide(allow(), on_resource=on_resource({"AWS": USER_ARN}), **required).allowed


def test_who_calls_needs_no_permission_to_ask_who_it_is() -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""
    assert decide(deny(), action="sts:GetCallerIdentity", resource="*").allowed


SUBJECT = f"User: {SESSION_ARN} is not authorized to perform: s3:GetObject on resource: {OBJECT} "


@pytest.mark.parametrize(
    ("policies", "because"),
    [
        ({}, "because no identity-based policy allows the s3:GetObject action"),
        (
            {"boundary": [ELSEWHERE]},
            "because no permissions boundary allows the s3:GetObject action",
        ),
        ({"session": [ELSEWHERE]}, "because no session policy allows the s3:GetObject action"),
        (
            {"resource_account_id": OTHER_ACCOUNT},
            "because no resource-based policy allows the s3:GetObject action",
        ),
        ({"boundary": [deny()]}, "with an explicit deny in a permissions boundary"),
        ({"session": [deny()]}, "with an explicit deny in a session policy"),
        (
            {"on_resource": [deny(Principal="*")]},
            "with an explicit deny in a resource-based policy",
        ),
    ],
)
def test_a_denial_has_awss_words(policies: dict[str, Any], because: str) -> None:
    """troubleshoot_access-denied.html."""
    identity = [allow()] if policies else []
    assert decide(*identity, **policies).reason == SUBJECT + because


def test_a_deny_of_the_identity_policy_is_told_first() -> None:
    """troubleshoot_access-denied.html: of several kinds that deny, one is named."""
    reason = decide(allow(), deny(), on_resource=[deny(Principal="*")]).reason
    assert reason == SUBJECT + "with an explicit deny in an identity-based policy"
    assert decide(allow()).reason == ""
