"""What IAM refuses in a policy, in its own words, and what a document tells about itself."""

import json
from typing import Any

import pytest
from localaws_support.policies import allow, deny

from localaws.iam.documents import Kind, MalformedPolicyError, PolicyDocument

SYNTAX = "Syntax errors in policy."
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "glue.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def refusal(document: Any, kind: Kind | None = None) -> str:
    with pytest.raises(MalformedPolicyError) as refused:
        PolicyDocument.parse(document, kind=kind)
    return str(refused.value)


def with_statement(**elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": allow() | elements}


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "{}",
        {"Version": "2012-10-17", "Statement": []},
        {"Version": "2020-01-01", "Statement": allow()},
        {"Version": "2012-10-17", "Statement": allow(), "Owner": "me"},
        {"Version": "2012-10-17", "Statement": "Allow"},
        with_statement(Effect="allow"),
        with_statement(Effect=None),
        with_statement(Actions="s3:*"),
        with_statement(NotAction="s3:*"),
        with_statement(NotResource="*"),
        with_statement(Action=7),
        with_statement(Resource=["*", 7]),
        with_statement(Sid=7),
        with_statement(Principal="arn:aws:iam::111122223333:root"),
        with_statement(Principal={"Role": "x"}),
        with_statement(Condition=[]),
        with_statement(Condition={"StringEquals": "a"}),
        with_statement(Condition={"StringSame": {"a": "b"}}),
        with_statement(Condition={"ForSomeValues:StringEquals": {"a": "b"}}),
        with_statement(Condition={"NullIfExists": {"a": "true"}}),
    ],
)
def test_syntax_errors(document: Any) -> None:
    assert refusal(document) == SYNTAX


@pytest.mark.parametrize(
    ("elements", "kind", "message"),
    [
        ({"Action": []}, None, "Policy statement must contain actions."),
        (
            {"Action": "GetObject"},
            None,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        ({"Action": "s3:Get:Object"}, None, "Actions/Condition can contain only one colon."),
        ({"Action": "s*:GetObject"}, None, "Vendor s* is not valid"),
        (
            {"Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}},
            None,
            "The policy failed legacy parsing",
        ),
        ({"Resource": []}, "identity", "Policy statement must contain resources."),
        ({"Principal": "*"}, "identity", "Policy document should not specify a principal."),
        ({"Resource": "films"}, "identity", 'Resource films must be in ARN format or "*".'),
        (
            {"Resource": "arn:azure:s3:::films"},
            "identity",
            'Partition "azure" is not valid for resource "arn:azure:s3:::films".',
        ),
        (
            {"Resource": "arn:aws:s*:::films"},
            "identity",
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            {"Sid": "two words"},
            "identity",
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ),
        ({}, "resource", "Missing required field Principal"),
        (TRUST | {"Resource": "*"}, "trust", "Has prohibited field Resource."),
    ],
)
def test_refusals_have_iams_words(
    elements: dict[str, Any], kind: Kind | None, message: str
) -> None:
    assert refusal(with_statement(**elements), kind) == message


def test_a_trust_policy_is_about_assuming_the_role() -> None:
    document = {"Version": "2012-10-17", "Statement": TRUST | {"Action": "s3:GetObject"}}
    assert refusal(document, "trust").startswith(
        "Trust Policy statement actions can only be sts:AssumeRole"
    )
    nobody = {name: value for name, value in TRUST.items() if name != "Principal"}
    assert refusal({"Statement": nobody}, "trust") == "Missing required field Principal"
    excepted = nobody | {"NotPrincipal": {"AWS": "111122223333"}}
    assert refusal({"Statement": excepted}, "trust") == "Has prohibited field NotPrincipal"
    assert PolicyDocument.parse({"Statement": TRUST}, kind="trust").statements


def test_names_of_statements_are_unique() -> None:
    document = {"Version": "2012-10-17", "Statement": [allow(Sid="a"), deny(Sid="a")]}
    assert refusal(document) == "Statement IDs (SID) in a single policy must be unique."


def test_a_document_is_read_from_text_and_tells_what_it_says() -> None:
    condition = {"StringLike": {"s3:prefix": ["a/*", "b/*"]}, "Bool": {"aws:SecureTransport": True}}
    statements = [
        allow("s3:Get*", ["arn:aws:s3:::a", "arn:aws:s3:::b"], Sid="Read", Condition=condition),
        deny(
            NotAction="iam:*",
            NotResource="arn:aws:s3:::a",
            Principal={"AWS": ["111122223333"], "Service": "sns.amazonaws.com"},
        ),
    ]
    read = PolicyDocument.parse(json.dumps({"Statement": statements}))
    assert read.version == "2008-10-17"
    first, second = read.statements
    assert (first.index, first.sid, first.effect) == (0, "Read", "Allow")
    assert (first.actions, first.not_actions) == (("s3:Get*",), None)
    assert (first.resources, first.not_resources) == (("arn:aws:s3:::a", "arn:aws:s3:::b"), None)
    assert [(c.operator, c.key, c.values) for c in first.conditions] == [
        ("StringLike", "s3:prefix", ("a/*", "b/*")),
        ("Bool", "aws:SecureTransport", ("true",)),
    ]
    assert (second.sid, second.effect, second.actions, second.not_actions) == (
        None,
        "Deny",
        None,
        ("iam:*",),
    )
    assert second.not_resources == ("arn:aws:s3:::a",)
    assert second.principals is not None
    assert second.principals.entries == (("AWS", "111122223333"), ("Service", "sns.amazonaws.com"))
    assert second.not_principals is None
