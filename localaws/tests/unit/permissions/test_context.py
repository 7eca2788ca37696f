"""The condition keys of a need have the values that the request gives them."""

import pytest
from localaws_support.known_facts import KnownFacts
from localaws_support.signed_requests import ACCOUNT_ID, signed

from localaws.permissions.needs import needs_of
from localaws.permissions.requests import read_request

SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT_ID}:secret:token-AbCdEf"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/r"
POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/p"
FACTS = KnownFacts(
    secrets={"token": SECRET}, tagged={SECRET: {"team": "data"}, ROLE: {"team": "data"}}
)


@pytest.mark.parametrize(
    ("service", "method", "sent", "keys"),
    [
        ("cloudwatch", "put_metric_data", {"Namespace": "wistia", "MetricData": []},
         {"cloudwatch:namespace": "wistia"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "token", "VersionStage": "AWSCURRENT"},
         {"secretsmanager:SecretId": "token", "secretsmanager:VersionStage": "AWSCURRENT",
          "secretsmanager:ResourceTag/team": "data", "aws:ResourceTag/team": "data"}),
        ("iam", "attach_role_policy", {"RoleName": "r", "PolicyArn": POLICY},
         {"iam:PolicyARN": POLICY}),
        ("iam", "put_role_policy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{}"},
         {"aws:ResourceTag/team": "data"}),
        ("sns", "subscribe", {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
                              "Protocol": "email", "Endpoint": "a@example.com"},
         {"sns:Protocol": "email", "sns:Endpoint": "a@example.com"}),
        ("kms", "decrypt", {"KeyId": "alias/a", "CiphertextBlob": b"",
                            "EncryptionContext": {"stack": "night"}},
         {"kms:RequestAlias": "alias/a", "kms:EncryptionContext:stack": "night",
          "kms:EncryptionContextKeys": ["stack"]}),
        ("cloudformation", "create_change_set",
         {"StackName": "s", "ChangeSetName": "c", "TemplateBody": "{}"},
         {"cloudformation:ChangeSetName": "c"}),
        ("stepfunctions", "untag_resource",
         {"resourceArn": f"arn:aws:states:eu-west-1:{ACCOUNT_ID}:stateMachine:m", "tagKeys": ["a"]},
         {"aws:TagKeys": ["a"]}),
        ("glue", "get_job", {"JobName": "j"},
         {"aws:RequestedRegion": "eu-west-1", "aws:SecureTransport": "true",
          "aws:ResourceAccount": ACCOUNT_ID}),
    ],
)  # fmt: skip
def test_a_condition_key_has_its_value(service, method, sent, keys):
    environ, body = signed(service, method, **sent)
    need = needs_of(read_request(environ, body, account_id=ACCOUNT_ID), FACTS)[0]
    assert keys.items() <= need.context.items()


def test_a_global_service_is_in_us_east_1():
    environ, body = signed("iam", "list_roles", endpoint=None)
    [need] = needs_of(read_request(environ, body, account_id=ACCOUNT_ID), FACTS)
    assert need.context["aws:RequestedRegion"] == "us-east-1"
