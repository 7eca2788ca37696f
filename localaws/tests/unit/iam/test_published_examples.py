"""
Examples of AWS's documentation, typed as small cases.

Each docstring names a page of https://docs.aws.amazon.com/IAM/latest/UserGuide/.
"""

from localaws_support.policies import ACCOUNT, SESSION, USER, allow, decide, deny

from localaws.iam.evaluation import Principal

CARLOS = Principal.of_arn(f"arn:aws:iam::{ACCOUNT}:user/carlossalazar")
BUCKET = ["arn:aws:s3:::carlossalazar", "arn:aws:s3:::carlossalazar/*"]


def test_carlos_reaches_his_bucket_and_no_logs() -> None:
    """reference_policies_evaluation-logic_policies_evaluation_example.html."""
    identity = [
        allow(
            ["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "arn:aws:s3:::*", Sid="AllowS3ListRead"
        ),
        allow("s3:*", BUCKET, Sid="AllowS3Self"),
        deny("s3:*", "arn:aws:s3:::*log*", Sid="DenyS3Logs"),
    ]
    bucket = [allow("s3:*", BUCKET, Principal={"AWS": CARLOS.arn})]
    put = {"action": "s3:PutObject", "principal": CARLOS}
    assert decide(*identity, resource=BUCKET[0] + "/a", on_resource=bucket, **put).allowed
    denied = decide(*identity, resource="arn:aws:s3:::carlossalazar-logs/a", **put)
    assert denied.explicit_deny
    assert denied.matched[0].sid == "DenyS3Logs"
    assert not decide(*identity, resource="arn:aws:s3:::another/a", **put).allowed


def test_explicit_and_implicit_denies() -> None:
    """reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html."""
    identity = [allow(["iam:Get*", "iam:List*"]), deny("iam:*Report")]
    role = {"resource": "*"}
    assert decide(*identity, action="iam:ListUsers", **role).allowed
    implicit = decide(*identity, action="iam:CreatePolicy", **role)
    assert not implicit.allowed
    assert not implicit.explicit_deny
    granted = [*identity, allow("iam:GenerateCredentialReport")]
    assert decide(*granted, action="iam:GenerateCredentialReport", **role).explicit_deny


def test_a_boundary_never_grants() -> None:
    """access_policies_boundaries.html: Shirley."""
    boundary = [allow(["s3:*", "cloudwatch:*", "ec2:*"])]
    create = {"action": "iam:CreateUser", "resource": "*", "boundary": boundary}
    assert not decide(allow("iam:CreateUser"), **create).allowed
    assert not decide(allow("iam:CreateUser"), boundary=boundary).allowed
    assert decide(allow("s3:GetObject"), boundary=boundary).allowed


def test_a_home_directory_in_a_bucket() -> None:
    """reference_policies_elements_condition_operators.html#Conditions_String."""
    prefixes = ["", "home/", "home/${aws:username}/"]
    identity = [
        allow(
            "s3:ListBucket",
            "arn:aws:s3:::shared",
            Condition={"StringLike": {"s3:prefix": prefixes}},
        ),
        allow(
            "s3:*",
            [
                "arn:aws:s3:::shared/home/${aws:username}",
                "arn:aws:s3:::shared/home/${aws:username}/*",
            ],
        ),
    ]
    listing = {"action": "s3:ListBucket", "resource": "arn:aws:s3:::shared", "principal": USER}
    for prefix, may in {"": True, "home/": True, "home/Ana/": True, "home/Bob/": False}.items():
        assert decide(*identity, context={"s3:prefix": prefix}, **listing).allowed is may
    assert not decide(*identity, **listing).allowed
    assert decide(*identity, resource="arn:aws:s3:::shared/home/Ana/a", principal=USER).allowed
    assert not decide(*identity, resource="arn:aws:s3:::shared/home/Bob/a", principal=USER).allowed


def test_if_exists_lets_resources_without_the_key_pass() -> None:
    """reference_policies_elements_condition_operators.html#Conditions_IfExists."""
    types = {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}
    run = {
        "action": "ec2:RunInstances",
        "resource": f"arn:aws:ec2:us-east-1:{ACCOUNT}:subnet/subnet-1",
    }
    assert not decide(allow("ec2:RunInstances", Condition={"StringLike": types}), **run).allowed
    lenient = allow("ec2:RunInstances", Condition={"StringLikeIfExists": types})
    assert decide(lenient, **run).allowed
    for kind, may in {"t2.micro": True, "x1.large": False}.items():
        assert decide(lenient, context={"ec2:InstanceType": kind}, **run).allowed is may


def test_only_the_listed_attributes_of_a_table() -> None:
    """reference_policies_multi-value-conditions.html#reference_policies_multi-value-conditions-examples."""
    only = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["ID", "Message", "Tags"]}}
    never = {"ForAnyValue:StringEquals": {"dynamodb:Attributes": ["ID", "PostDateTime"]}}
    identity = [
        allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/Thread", Condition=only),
        allow("dynamodb:PutItem"),
        deny("dynamodb:PutItem", Condition=never),
    ]
    table = {"resource": f"arn:aws:dynamodb:us-east-2:{ACCOUNT}:table/Thread"}
    for action, attributes, may in [
        ("dynamodb:GetItem", ["ID", "Message", "Tags"], True),
        ("dynamodb:GetItem", ["ID", "UserName"], False),
        ("dynamodb:PutItem", ["PostDateTime", "Message"], False),
        ("dynamodb:PutItem", ["UserName"], True),
    ]:
        assert (
            decide(
                *identity, action=action, context={"dynamodb:Attributes": attributes}, **table
            ).allowed
            is may
        )


def test_a_queue_takes_messages_of_one_topic() -> None:
    """reference_policies_elements_condition_operators.html#Conditions_ARN."""
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
    policy = [
        allow(
            "SQS:SendMessage",
            queue,
            Principal={"Service": "sns.amazonaws.com"},
            Condition={"ArnEquals": {"aws:SourceArn": topic}},
        )
    ]
    send = {
        "action": "sqs:SendMessage",
        "resource": queue,
        "principal": Principal.of_service("sns.amazonaws.com"),
    }
    assert decide(on_resource=policy, context={"aws:SourceArn": topic}, **send).allowed
    assert not decide(on_resource=policy, context={"aws:SourceArn": topic + "2"}, **send).allowed
    assert not decide(on_resource=policy, **send).allowed


def test_a_bucket_over_tls_only() -> None:
    """reference_policies_elements_condition_operators.html#Conditions_Boolean."""
    tls_only = [deny("s3:*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})]
    assert decide(allow(), on_resource=tls_only, context={"aws:SecureTransport": "true"}).allowed
    assert decide(
        allow(), on_resource=tls_only, context={"aws:SecureTransport": "false"}
    ).explicit_deny


def test_a_role_is_passed_to_one_service() -> None:
    """reference_policies_examples_iam-passrole-service.html."""
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    passing = {"action": "iam:PassRole", "resource": role, "principal": SESSION}
    statement = allow("iam:PassRole", role, Condition=to_lambda)
    assert decide(
        statement, context={"iam:PassedToService": "lambda.amazonaws.com"}, **passing
    ).allowed
    assert not decide(
        statement, context={"iam:PassedToService": "ec2.amazonaws.com"}, **passing
    ).allowed


def test_fresh_credentials_only() -> None:
    """reference_policies_elements_condition_operators.html#Conditions_Date and #Conditions_Null."""
    fresh = allow(Condition={"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}})
    assert decide(fresh, context={"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}).allowed
    assert not decide(fresh).allowed
    own_keys = allow(Condition={"Null": {"aws:TokenIssueTime": "true"}})
    assert decide(own_keys, principal=USER).allowed
    assert not decide(own_keys, context={"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}).allowed


def test_a_bucket_for_one_role_whatever_the_session() -> None:
    """reference_policies_elements_notprincipal.html: the alternative with aws:PrincipalArn."""
    only = {"ArnNotEquals": {"aws:PrincipalArn": SESSION.role_arn or ""}}
    guard = [deny("s3:*", Principal="*", Condition=only)]
    assert decide(allow(), on_resource=guard).allowed
    assert decide(allow(), on_resource=guard, principal=USER).explicit_deny
