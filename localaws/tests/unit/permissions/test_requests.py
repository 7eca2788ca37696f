"""A request is read in whatever protocol, place and form of signature it comes."""

import gzip
from typing import Any

import pytest
from localaws_support.signed_requests import ACCOUNT_ID, REGION, signed

from localaws.permissions.requests import ApiRequest, read_request

SCOPE = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/{REGION}/%s/aws4_request, SignedHeaders=host"


def read(environ: dict[str, Any], body: bytes = b"") -> ApiRequest:
    request = read_request(environ, body, account_id=ACCOUNT_ID)
    assert request is not None
    return request


def environ(service: str, method: str = "POST", uri: str = "/", **headers: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "REQUEST_URI": uri,
        "HTTP_HOST": "127.0.0.1:4566",
        "HTTP_AUTHORIZATION": SCOPE % service,
        **headers,
    }


@pytest.mark.parametrize(
    ("service", "method", "sent", "expected"),
    [
        ("glue", "get_table", {"DatabaseName": "d", "Name": "t"}, ("glue", "GetTable", "json-1.1")),
        ("stepfunctions", "start_execution", {"stateMachineArn": "m"},
         ("states", "StartExecution", "json-1.0")),
        ("sqs", "send_message", {"QueueUrl": "http://q"}, ("sqs", "SendMessage", "json-1.0")),
        ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": []},
         ("cloudwatch", "PutMetricData", "json-1.0")),
        ("sns", "publish", {"TopicArn": "t", "Message": "m"}, ("sns", "Publish", "query")),
        ("ec2", "stop_instances", {"InstanceIds": ["i-1"]}, ("ec2", "StopInstances", "ec2")),
        ("lambda", "list_tags", {"Resource": "arn:aws:lambda:x:1:function:f"},
         ("lambda", "ListTags", "rest-json")),
        ("scheduler", "create_schedule", {"Name": "s", "GroupName": "g"},
         ("scheduler", "CreateSchedule", "rest-json")),
        ("s3", "get_bucket_acl", {"Bucket": "b"}, ("s3", "GetBucketAcl", "rest-xml")),
        ("s3control", "get_public_access_block", {"AccountId": "123456789012"},
         ("s3", "GetPublicAccessBlock", "rest-xml")),
        ("elbv2", "describe_load_balancers", {},
         ("elasticloadbalancing", "DescribeLoadBalancers", "query")),
        ("apigatewayv2", "get_api", {"ApiId": "a"}, ("apigateway", "GetApi", "rest-json")),
        ("route53", "list_hosted_zones", {}, ("route53", "ListHostedZones", "rest-xml")),
        ("sesv2", "get_account", {}, ("ses", "GetAccount", "rest-json")),
        ("dynamodbstreams", "list_streams", {}, ("dynamodb", "ListStreams", "json-1.0")),
    ],
)  # fmt: skip
def test_a_request_is_of_its_service_operation_and_protocol(service, method, sent, expected):
    request = read(*signed(service, method, **sent))
    assert (request.service, request.operation, request.protocol) == expected
    assert (request.region, request.account_id) == (REGION, ACCOUNT_ID)
    for name, value in sent.items():
        if isinstance(value, str):
            assert value in request.parameters.values(), name


def test_lists_and_maps_of_the_query_protocol_are_lists_and_maps():
    body = (
        b"Action=SetTopicAttributes&Tags.member.1.Key=a&Tags.member.2.Key=b&Filter.1=x&M.entry.1=y"
    )
    request = read(environ("sns", CONTENT_TYPE="application/x-www-form-urlencoded"), body)
    assert request.operation == "SetTopicAttributes"
    assert request.parameters == {"Tags": [{"Key": "a"}, {"Key": "b"}], "Filter": ["x"], "M": ["y"]}


def test_an_action_in_the_address_is_read():
    request = read(environ("sts", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15"))
    assert (request.service, request.operation) == ("sts", "GetCallerIdentity")


def test_a_compressed_body_is_read():
    headers = {"HTTP_X_AMZ_TARGET": "GraniteServiceVersion20100801.PutMetricData",
               "HTTP_CONTENT_ENCODING": "gzip", "CONTENT_TYPE": "application/x-amz-json-1.0"}  # fmt: skip
    request = read(environ("monitoring", **headers), gzip.compress(b'{"Namespace": "n"}'))
    assert (request.service, request.parameters) == ("cloudwatch", {"Namespace": "n"})


def test_a_request_in_cbor_is_read():
    uri = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    sent = b"\xa1\x69Namespace\x66wistia"
    request = read(environ("monitoring", uri=uri, HTTP_SMITHY_PROTOCOL="rpc-v2-cbor"), sent)
    assert (request.operation, request.protocol) == ("PutMetricData", "cbor")
    assert request.parameters == {"Namespace": "wistia"}


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff"])
def test_a_body_that_is_not_valid_has_no_parameters(body):
    request = read(environ("glue", HTTP_X_AMZ_TARGET="AWSGlue.GetTable"), body)
    assert (request.operation, request.parameters) == ("GetTable", {})


@pytest.mark.parametrize(
    ("service", "uri"), [("lambda", "/1999-01-01/nothing"), ("s3", "/?nothing=1&x"), ("sns", "/")]
)
def test_an_address_that_the_service_does_not_have_is_no_operation(service, uri):
    method = "PUT" if service == "s3" else "POST"
    assert read(environ(service, method, uri)).operation == ""


@pytest.mark.parametrize("path", ["/moto-api/reset", "/_localaws/status"])
def test_what_aws_does_not_have_is_no_request_to_it(path):
    assert read_request(environ("s3", uri=path), b"", account_id=ACCOUNT_ID) is None


def test_an_unsigned_request_is_to_a_bucket():
    unsigned = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/docs/index.html",
        "HTTP_HOST": "127.0.0.1",
    }
    request = read(unsigned)
    assert (request.service, request.operation) == ("s3", "GetObject")
    assert request.parameters["Key"] == "index.html"


def test_a_session_by_a_web_identity_is_asked_for_without_a_signature():
    unsigned = {"REQUEST_METHOD": "POST", "REQUEST_URI": "/", "HTTP_HOST": "127.0.0.1",
                "CONTENT_TYPE": "application/x-www-form-urlencoded"}  # fmt: skip
    request = read(unsigned, b"Action=AssumeRoleWithWebIdentity&RoleArn=r")
    assert (request.service, request.operation) == ("sts", "AssumeRoleWithWebIdentity")


def test_an_address_in_full_is_read():
    whole = environ("s3", "GET", "http://127.0.0.1:4566/data/a?versionId=v")
    request = read(whole)
    assert (request.parameters["Key"], request.parameters["VersionId"]) == ("a", "v")


def test_without_the_address_as_sent_the_decoded_path_is_read():
    decoded = environ("s3", "GET", "")
    del decoded["REQUEST_URI"]
    decoded |= {"PATH_INFO": "/data/\u00c3\u00bc b", "QUERY_STRING": ""}
    assert read(decoded).parameters["Key"] == "ü b"


@pytest.mark.parametrize(
    "ambiguous",
    [
        environ("glue", uri="/?Action=DeleteTable", HTTP_X_AMZ_TARGET="AWSGlue.GetTable"),
        environ("glue", HTTP_ACTION="DeleteTable", HTTP_X_AMZ_TARGET="AWSGlue.GetTable"),
        environ(
            "sns", CONTENT_TYPE="application/x-www-form-urlencoded", HTTP_X_AMZ_TARGET="x.Publish"
        ),
        environ("lambda", "GET", "/2015-03-31/functions?Action=DeleteFunction", HTTP_ACTION="x"),
    ],
)
def test_a_request_for_two_operations_is_for_none(ambiguous):
    assert read(ambiguous, b"Action=DeleteTopic").operation == ""


def test_parameters_of_the_address_come_before_those_of_the_body():
    form = environ("sns", uri="/?TopicArn=a", CONTENT_TYPE="application/x-www-form-urlencoded")
    request = read(form, b"Action=Publish&TopicArn=b&Message=m")
    assert request.parameters == {"TopicArn": "a", "Message": "m"}


def test_only_the_first_credential_of_a_signature_counts():
    two = environ("s3", "GET", "/data/a") | {
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=a/b/{REGION}/glue/x, {SCOPE % 's3'}"
    }
    assert read(two).service == "glue"


def test_an_address_that_is_signed_for_another_service_is_of_s3():
    credential = "AKIA%2F20260101%2Feu-west-1%2Fsts%2Faws4_request"
    uri = f"/data/a?Action=GetCallerIdentity&X-Amz-Credential={credential}"
    unsigned = {"REQUEST_METHOD": "GET", "REQUEST_URI": uri, "HTTP_HOST": "127.0.0.1"}
    assert read(unsigned).operation == "GetObject"


def test_what_an_address_signed_in_advance_carries_counts_as_a_header():
    credential = "AKIA%2F20260101%2Feu-west-1%2Fs3%2Faws4_request"
    uri = f"/data/a?X-Amz-Credential={credential}&x-amz-acl=public-read"
    put = {"REQUEST_METHOD": "PUT", "REQUEST_URI": uri, "HTTP_HOST": "127.0.0.1"}
    assert read(put).parameters["ACL"] == "public-read"


@pytest.mark.parametrize(
    ("host", "path", "place"),
    [
        ("127.0.0.1:4566", "/b/k", ("b", "k")),
        ("[::1]:4566", "/b/k", ("b", "k")),
        ("localhost:4566", "/b/k", ("b", "k")),
        ("s3.eu-west-1.amazonaws.com", "/b/k", ("b", "k")),
        ("b.s3.eu-west-1.amazonaws.com", "/k", ("b", "k")),
        ("my.b.s3.amazonaws.com", "/k/x", ("my.b", "k/x")),
        ("b.localhost:4566", "/k", ("b", "k")),
        ("b.example.org", "/k", ("b", "k")),
        ("127.0.0.1", "//b/k", ("b", "k")),
    ],
)
def test_the_bucket_is_in_the_host_or_in_the_path(host, path, place):
    request = read(environ("s3", "GET", path) | {"HTTP_HOST": host})
    assert (request.parameters["Bucket"], request.parameters["Key"]) == place
