"""boto3 reads a refusal as the error that the service itself raises."""

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from localaws_support.signed_requests import ACCOUNT_ID, answered, signed

from localaws.permissions.refusals import Cause, reason, refusal
from localaws.permissions.requests import ApiRequest, read_request

ROLE = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/r/s"
WHY = reason(ROLE, "x:Do", "arn:aws:x:::<&>", Cause.NO_IDENTITY_POLICY)
ID = "11111111-2222-3333-4444-555555555555"


def refused(service: str, method: str, sent: dict) -> tuple[ApiRequest, ClientError]:
    environ, body = signed(service, method, **sent)
    request = read_request(environ, body, account_id=ACCOUNT_ID)
    with pytest.raises(ClientError) as raised:
        answered(service, method, refusal(request, WHY, ID), **sent)
    return request, raised.value


@pytest.mark.parametrize(
    ("service", "method", "sent", "code", "status"),
    [
        ("s3", "get_object", {"Bucket": "b", "Key": "k"}, "AccessDenied", 403),
        ("s3", "put_object", {"Bucket": "b", "Key": "k"}, "AccessDenied", 403),
        ("s3", "list_objects_v2", {"Bucket": "b"}, "AccessDenied", 403),
        ("s3control", "list_access_points", {"AccountId": ACCOUNT_ID}, "AccessDenied", 403),
        ("glue", "get_table", {"DatabaseName": "d", "Name": "t"}, "AccessDeniedException", 400),
        ("athena", "get_work_group", {"WorkGroup": "w"}, "AccessDeniedException", 400),
        ("stepfunctions", "list_state_machines", {}, "AccessDeniedException", 400),
        ("logs", "describe_log_groups", {}, "AccessDeniedException", 400),
        ("ecs", "run_task", {"taskDefinition": "t"}, "AccessDeniedException", 400),
        ("secretsmanager", "get_secret_value", {"SecretId": "s"}, "AccessDeniedException", 400),
        ("ecr", "get_authorization_token", {}, "AccessDeniedException", 400),
        ("codebuild", "start_build", {"projectName": "p"}, "AccessDeniedException", 400),
        ("kms", "decrypt", {"CiphertextBlob": b""}, "AccessDeniedException", 400),
        ("dynamodb", "get_item", {"TableName": "t", "Key": {}}, "AccessDeniedException", 400),
        ("ssm", "get_parameter", {"Name": "p"}, "AccessDeniedException", 400),
        ("events", "put_rule", {"Name": "r"}, "AccessDeniedException", 400),
        ("resourcegroupstaggingapi", "get_resources", {}, "AccessDeniedException", 400),
        ("lambda", "invoke", {"FunctionName": "f"}, "AccessDeniedException", 403),
        ("scheduler", "get_schedule", {"Name": "s"}, "AccessDeniedException", 403),
        ("lakeformation", "get_data_lake_settings", {}, "AccessDeniedException", 403),
        ("sqs", "send_message", {"QueueUrl": "q", "MessageBody": "m"}, "AccessDenied", 403),
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "n", "MetricData": []},
            "AccessDenied",
            403,
        ),
        ("sns", "publish", {"TopicArn": "t", "Message": "m"}, "AuthorizationError", 403),
        ("iam", "list_roles", {}, "AccessDenied", 403),
        ("sts", "assume_role", {"RoleArn": "r", "RoleSessionName": "s"}, "AccessDenied", 403),
        ("cloudformation", "describe_stacks", {}, "AccessDenied", 403),
        ("elbv2", "describe_load_balancers", {}, "AccessDenied", 403),
        ("ec2", "describe_instances", {}, "UnauthorizedOperation", 403),
        ("route53", "list_hosted_zones", {}, "AccessDenied", 403),
    ],
)
def test_a_client_reads_the_refusal_of_its_service(service, method, sent, code, status):
    _, error = refused(service, method, sent)
    assert error.response["Error"]["Code"] == code
    assert error.response["Error"]["Message"].endswith(WHY)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert error.response["ResponseMetadata"]["RequestId"] == ID


@pytest.mark.parametrize(
    ("method", "sent"),
    [("head_object", {"Bucket": "b", "Key": "k"}), ("head_bucket", {"Bucket": "b"})],
)
def test_a_refusal_of_head_has_no_body(method, sent):
    request, error = refused("s3", method, sent)
    assert error.response["Error"]["Code"] == "403"
    assert error.response["Error"]["Message"] == "Forbidden"
    assert refusal(request, WHY, ID)[2] == b""


def test_an_error_that_a_client_has_a_class_for_is_of_this_class():
    _, error = refused("ecs", "run_task", {"taskDefinition": "t"})
    assert type(error).__name__ == "AccessDeniedException"


def test_a_refusal_in_cbor_is_read_by_botocores_parser():
    request = ApiRequest(
        "codebuild", "StartBuild", {}, "eu-west-1", ACCOUNT_ID, "cbor", "codebuild"
    )
    status, headers, body = refusal(request, WHY, ID)
    model = ServiceModel(Loader().load_service_model("codebuild", "service-2"))
    shape = model.operation_model("StartBuild").output_shape
    parsed = create_parser("smithy-rpc-v2-cbor").parse(
        {"status_code": int(status), "headers": dict(headers), "body": body}, shape
    )
    assert parsed["Error"]["Code"] == "AccessDeniedException"
    assert parsed["Error"]["Message"] == WHY


@pytest.mark.parametrize(
    ("action", "named", "resource", "cause", "words"),
    [
        ("glue:GetTable", "glue:GetTable", "arn:aws:glue:r:1:catalog", Cause.NO_IDENTITY_POLICY,
         "because no identity-based policy allows the glue:GetTable action"),
        ("s3:GetObject", "s3:GetObject", '"arn:aws:s3:::b/k"', Cause.DENIED_BY_RESOURCE_POLICY,
         "with an explicit deny in a resource-based policy"),
        ("sqs:SendMessage", "sqs:sendmessage", "q", Cause.NO_RESOURCE_POLICY,
         "because no resource-based policy allows the sqs:sendmessage action"),
        ("sns:Publish", "SNS:Publish", "t", Cause.NO_SESSION_POLICY,
         "because no session policy allows the SNS:Publish action"),
    ],
)  # fmt: skip
def test_the_reason_is_worded_as_the_service_words_it(action, named, resource, cause, words):
    text = reason(ROLE, action, resource.strip('"'), cause)
    assert text == (
        f"User: {ROLE} is not authorized to perform: {named} on resource: {resource} {words}"
    )


def test_a_metric_is_refused_without_a_resource():
    text = reason(ROLE, "cloudwatch:PutMetricData", "*", Cause.NO_IDENTITY_POLICY)
    assert "perform: cloudwatch:PutMetricData because no identity-based policy allows" in text
