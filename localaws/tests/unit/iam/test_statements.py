"""
Which requests a statement is about.

Each docstring names a page of https://docs.aws.amazon.com/IAM/latest/UserGuide/.
"""

import pytest
from localaws_support.policies import ACCOUNT, ROOT, SESSION, USER, allow, decide, deny, policy

from localaws.iam.evaluation import AccessRequest, PolicySet, evaluate

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"


@pytest.mark.parametrize(
    ("action", "asked", "matches"),
    [
        ("iam:ListAccessKeys", "IAM:listaccesskeys", True),
        ("IAM:LISTACCESSKEYS", "iam:ListAccessKeys", True),
        ("s3:*", "s3:GetObject", True),
        ("s3:*", "sqs:SendMessage", False),
        ("iam:*AccessKey*", "iam:UpdateAccessKey", True),
        ("iam:*AccessKey*", "iam:CreateUser", False),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetBObject", False),
        ("s3:Get", "s3:GetObject", False),
        ("*", "anything:AtAll", True),
    ],
)
def test_actions_ignore_case_and_have_wildcards(action: str, asked: str, matches: bool) -> None:
    """reference_policies_elements_action.html."""
    assert decide(allow(action), action=asked).allowed is matches


def test_not_action_is_about_every_other_action() -> None:
    """reference_policies_elements_notaction.html."""
    statement = allow(NotAction=["iam:*", "s3:Delete*"])
    assert decide(statement, action="s3:GetObject").allowed
    assert not decide(statement, action="IAM:createuser").allowed
    assert not decide(statement, action="s3:DeleteObject").allowed


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("*", "*", True),
        ("*", QUEUE, True),
        (QUEUE, QUEUE, True),
        # An action that supports no resource asks for "*": an ARN does not give it.
        ("arn:aws:s3:::films", "*", False),
        ("arn:aws:s3:::*/test/*", "arn:aws:s3:::b/1/2/test/3/object.jpg", True),
        ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b//test/object.jpg", True),
        ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/test/object.jpg", False),
        ("arn:aws:s3:::b/*/test/*", "arn:aws:s3:::b/1-test/object.jpg", False),
        ("arn:aws:s3:::films/?.mp4", "arn:aws:s3:::films/1.mp4", True),
        ("arn:aws:s3:::films/?.mp4", "arn:aws:s3:::films/.mp4", False),
        # Names in a resource are case sensitive.
        ("arn:aws:iam::111122223333:user/Ana", "arn:aws:iam::111122223333:user/ana", False),
        # Within the sixth part a wildcard covers colons, which S3 keys and log groups have.
        ("arn:aws:s3:::films/a*z", "arn:aws:s3:::films/a:12:00:z", True),
        ("arn:aws:logs:*:*:log-group:/aws/*", "arn:aws:logs:eu-west-1:1:log-group:/aws/x:*", True),
        # In the parts before, a wildcard in the middle stays within its part …
        ("arn:aws:sqs:us-*1:111122223333:jobs", QUEUE, True),
        ("arn:aws:sqs:us-*3:jobs:more", f"{QUEUE}:more", False),
        ("arn:aws:sqs:us-east?1:111122223333:jobs", QUEUE, True),
        ("arn:aws:sqs:us-east-1?111122223333:jobs", QUEUE, False),
        # … and one at the end of a part may go on over colons.
        ("arn:aws:sqs:us-*:jobs", QUEUE, True),
        ("arn:aws:sqs:*", QUEUE, True),
        # What is special in a regular expression is plain text.
        ("arn:aws:s3:::fi.ms/(a|b)+", "arn:aws:s3:::films/a", False),
        ("arn:aws:s3:::fi.ms/(a|b)+", "arn:aws:s3:::fi.ms/(a|b)+", True),
    ],
)
def test_wildcards_of_a_resource(pattern: str, resource: str, matches: bool) -> None:
    """reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards."""
    assert decide(allow("x:y", pattern), action="x:y", resource=resource).allowed is matches


def test_not_resource_is_about_every_other_resource() -> None:
    """reference_policies_elements_notresource.html."""
    payroll = ["arn:aws:s3:::hr/payroll", "arn:aws:s3:::hr/payroll/*"]
    guarded = [allow("s3:*"), deny("s3:*", NotResource=payroll)]
    assert decide(*guarded, resource="arn:aws:s3:::hr/payroll/june").allowed
    other = decide(*guarded, resource="arn:aws:s3:::hr/letters/june")
    assert other.explicit_deny
    assert other.matched[0].resource is None


@pytest.mark.parametrize(
    ("resource", "asked", "matches"),
    [
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/Ana/x", True),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/Bob/x", False),
        ("arn:aws:s3:::home/${AWS:UserName}/*", "arn:aws:s3:::home/Ana/x", True),
        ("arn:aws:s3:::b-${aws:PrincipalTag/team}", "arn:aws:s3:::b-red", True),
        ("arn:aws:s3:::b-${aws:PrincipalTag/team, 'all'}", "arn:aws:s3:::b-red", True),
        ("arn:aws:s3:::b-${aws:PrincipalTag/none, 'all'}", "arn:aws:s3:::b-all", True),
        ("arn:aws:s3:::b-${aws:PrincipalTag/none}", "arn:aws:s3:::b-", False),
        # A value is never a wildcard, and the special variables are the characters themselves.
        ("arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/anything", False),
        ("arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", False),
        ("arn:aws:s3:::b/${*}*", "arn:aws:s3:::b/*/x", True),
        ("arn:aws:s3:::b/${?}", "arn:aws:s3:::b/?", True),
        ("arn:aws:s3:::b/${$}{x}", "arn:aws:s3:::b/${x}", True),
        # Only the sixth part may hold a variable.
        ("arn:aws:sqs:${aws:RequestedRegion}:111122223333:jobs", QUEUE, False),
    ],
)
def test_variables_in_a_resource(resource: str, asked: str, matches: bool) -> None:
    """reference_policies_variables.html: resource element, no value, special characters, defaults."""
    context = {
        "aws:PrincipalTag/team": "red",
        "aws:PrincipalTag/star": "*",
        "aws:RequestedRegion": "us-east-1",
    }
    decision = decide(allow("*", resource), resource=asked, principal=USER, context=context)
    assert decision.allowed is matches


def test_a_not_resource_with_a_variable_without_value_matches_no_resource() -> None:
    """reference_policies_variables.html#policy-vars-no-value: so the statement is about all."""
    own = deny(NotResource="arn:aws:s3:::home/${aws:username}/*")
    assert decide(allow(), own, resource="arn:aws:s3:::home//x").explicit_deny


def test_a_policy_of_2008_has_no_variables() -> None:
    """reference_policies_elements_version.html."""
    statement = allow("s3:*", "arn:aws:s3:::home/${aws:username}")
    literal, own = "arn:aws:s3:::home/${aws:username}", "arn:aws:s3:::home/Ana"
    old = {"version": "2008-10-17", "principal": USER}
    assert decide(statement, resource=literal, **old).allowed
    assert not decide(statement, resource=own, **old).allowed
    assert decide(statement, resource=own, principal=USER).allowed


def test_keys_that_follow_from_the_principal() -> None:
    """reference_policies_condition-keys.html: a session's aws:PrincipalArn is its role's ARN."""
    keys = {"ArnEquals": {"aws:PrincipalArn": SESSION.role_arn or ""}}
    assert decide(allow(Condition=keys)).allowed
    assert not decide(allow(Condition={"ArnEquals": {"aws:PrincipalArn": SESSION.arn}})).allowed
    named = {"StringEquals": {"aws:username": "Ana", "aws:PrincipalAccount": ACCOUNT}}
    assert decide(allow(Condition=named), principal=USER).allowed
    assert not decide(allow(Condition=named)).allowed
    for principal, kind in ((ROOT, "Account"), (USER, "User"), (SESSION, "AssumedRole")):
        condition = {"StringEquals": {"aws:PrincipalType": kind}}
        everybody = [allow(Principal="*", Condition=condition)]
        assert decide(principal=principal, on_resource=everybody).matched


def test_a_decision_names_the_entries_that_were_used() -> None:
    used = policy(
        allow(
            ["s3:Put*", "s3:GetObject"], ["arn:aws:s3:::a/*", "arn:aws:s3:::films/*"], Sid="Read"
        ),
        allow("sqs:*"),
        allow(NotAction="iam:*"),
    )
    request = AccessRequest(SESSION, "s3:getobject", "arn:aws:s3:::films/x")
    matched = evaluate(request, PolicySet(identity=(used,))).matched
    assert [(m.policy, m.policy_type, m.index, m.sid, m.action, m.resource) for m in matched] == [
        ("policy", "identity", 0, "Read", "s3:GetObject", "arn:aws:s3:::films/*"),
        ("policy", "identity", 2, None, None, "*"),
    ]
