"""Requests that need more than one permission: roles that are passed, code, templates, tags."""

import pytest
from localaws_support.known_facts import KnownFacts
from localaws_support.signed_requests import ACCOUNT_ID, signed

from localaws.permissions.facts import TaskDefinition
from localaws.permissions.needs import Need, needs_of
from localaws.permissions.requests import read_request

A = f"eu-west-1:{ACCOUNT_ID}"
IAM = f"arn:aws:iam::{ACCOUNT_ID}"
ROLE, OTHER = f"{IAM}:role/r", f"{IAM}:role/other"
DBT = f"arn:aws:ecs:{A}:task-definition/dbt:7"
CLUSTER = f"arn:aws:ecs:{A}:cluster/night"
FUNCTION = f"arn:aws:lambda:{A}:function:f"
MACHINE = f"arn:aws:states:{A}:stateMachine:m"
QUEUE, DEAD = f"arn:aws:sqs:{A}:q", f"arn:aws:sqs:{A}:dead"

FACTS = KnownFacts(
    task_definitions={"dbt": TaskDefinition(DBT, ROLE, OTHER)},
    secrets={"token": f"arn:aws:secretsmanager:{A}:secret:token-AbCdEf"},
    keys={"a": f"arn:aws:kms:{A}:key/a", "b": f"arn:aws:kms:{A}:key/b"},
    profiles={"workers": [ROLE]},
)


def needs(service: str, method: str, **sent: object) -> list[Need]:
    environ, body = signed(service, method, **sent)
    return needs_of(read_request(environ, body, account_id=ACCOUNT_ID), FACTS)


def plain(found: list[Need]) -> list[tuple[str, str]]:
    return [(need.action, resource) for need in found for resource in need.resources]


TARGET = {"Arn": FUNCTION, "RoleArn": ROLE}
PASSES = [
    ("lambda", "create_function", {"FunctionName": "f", "Role": ROLE, "Code": {}}, "lambda"),
    ("lambda", "update_function_configuration", {"FunctionName": "f", "Role": ROLE}, "lambda"),
    ("glue", "create_job", {"Name": "j", "Role": ROLE, "Command": {}}, "glue"),
    ("glue", "create_job", {"Name": "j", "Role": "r", "Command": {}}, "glue"),
    ("glue", "update_job", {"JobName": "j", "JobUpdate": {"Role": ROLE}}, "glue"),
    ("glue", "create_crawler", {"Name": "c", "Role": "r", "Targets": {}}, "glue"),
    ("glue", "update_crawler", {"Name": "c", "Role": ROLE}, "glue"),
    ("stepfunctions", "create_state_machine", {"name": "m", "roleArn": ROLE}, "states"),
    (
        "stepfunctions",
        "update_state_machine",
        {"stateMachineArn": MACHINE, "roleArn": ROLE},
        "states",
    ),
    ("scheduler", "create_schedule", {"Name": "s", "Target": TARGET}, "scheduler"),
    ("scheduler", "update_schedule", {"Name": "s", "Target": TARGET}, "scheduler"),
    ("events", "put_targets", {"Rule": "r", "Targets": [{"Id": "1", **TARGET}]}, "events"),
    ("codebuild", "create_project", {"name": "p", "serviceRole": ROLE}, "codebuild"),
    (
        "cloudformation",
        "create_stack",
        {"StackName": "s", "TemplateBody": "{}", "RoleARN": ROLE},
        "cloudformation",
    ),
    ("cloudformation", "delete_stack", {"StackName": "s", "RoleARN": ROLE}, "cloudformation"),
    (
        "firehose",
        "create_delivery_stream",
        {"DeliveryStreamName": "d", "ExtendedS3DestinationConfiguration": {"RoleARN": ROLE}},
        "firehose",
    ),
    ("ecs", "register_task_definition", {"family": "f", "taskRoleArn": ROLE}, "ecs-tasks"),
    ("ecs", "run_task", {"taskDefinition": "x", "overrides": {"taskRoleArn": ROLE}}, "ecs-tasks"),
    ("iam", "add_role_to_instance_profile", {"RoleName": "r", "InstanceProfileName": "p"}, "ec2"),
    ("ec2", "run_instances", {"IamInstanceProfile": {"Name": "workers"}}, "ec2"),
    (
        "lakeformation",
        "register_resource",
        {"ResourceArn": QUEUE, "RoleArn": ROLE},
        "lakeformation",
    ),
    (
        "logs",
        "put_subscription_filter",
        {"logGroupName": "g", "filterName": "f", "destinationArn": QUEUE, "roleArn": ROLE},
        "logs",
    ),
    (
        "athena",
        "create_work_group",
        {"Name": "w", "Configuration": {"ExecutionRole": ROLE}},
        "athena",
    ),
]


@pytest.mark.parametrize(("service", "method", "sent", "principal"), PASSES)
def test_a_role_that_is_handed_to_a_service_is_passed_to_it(service, method, sent, principal):
    own, *others = needs(service, method, **sent)
    assert own.action != "iam:PassRole"
    [passed] = [need for need in others if need.action == "iam:PassRole"]
    assert passed.resources == (ROLE,)
    assert passed.context["iam:PassedToService"] == f"{principal}.amazonaws.com"


@pytest.mark.parametrize(
    ("service", "method", "sent"),
    [
        ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "s"}),
        ("iam", "get_role", {"RoleName": "r"}),
        ("stepfunctions", "update_state_machine", {"stateMachineArn": MACHINE}),
        (
            "kms",
            "create_grant",
            {"KeyId": "a", "GranteePrincipal": ROLE, "Operations": ["Decrypt"]},
        ),
    ],
)
def test_a_request_that_only_names_a_role_passes_none(service, method, sent):
    assert {need.action for need in needs(service, method, **sent)}.isdisjoint({"iam:PassRole"})


def test_a_task_needs_its_revision_in_its_cluster_and_both_roles():
    run, *passed = needs("ecs", "run_task", cluster="night", taskDefinition="dbt")
    assert (run.action, run.resources) == ("ecs:RunTask", (DBT,))
    assert run.context["ecs:cluster"] == CLUSTER
    assert plain(passed) == [("iam:PassRole", ROLE), ("iam:PassRole", OTHER)]
    assert {need.context["iam:PassedToService"] for need in passed} == {"ecs-tasks.amazonaws.com"}


def test_a_task_of_an_unknown_family_needs_all_its_revisions():
    [run] = needs("ecs", "run_task", taskDefinition="gone")
    assert run.resources == (f"arn:aws:ecs:{A}:task-definition/gone:*",)


@pytest.mark.parametrize("task", ["0123", f"arn:aws:ecs:{A}:task/night/0123"])
@pytest.mark.parametrize(
    ("method", "parameter", "action"),
    [("stop_task", "task", "ecs:StopTask"), ("describe_tasks", "tasks", "ecs:DescribeTasks")],
)
def test_a_task_is_in_its_cluster(method, parameter, action, task):
    sent = {parameter: [task] if parameter == "tasks" else task}
    [need] = needs("ecs", method, cluster=CLUSTER, **sent)
    assert (need.action, need.resources) == (action, (f"arn:aws:ecs:{A}:task/night/0123",))
    assert need.context["ecs:cluster"] == CLUSTER


@pytest.mark.parametrize(
    ("sent", "resource"),
    [
        ({"FunctionName": "f"}, FUNCTION),
        ({"FunctionName": FUNCTION}, FUNCTION),
        ({"FunctionName": "f", "Qualifier": "live"}, f"{FUNCTION}:live"),
        ({"FunctionName": f"{FUNCTION}:3"}, f"{FUNCTION}:3"),
        ({"FunctionName": "f:3"}, f"{FUNCTION}:3"),
    ],
)
def test_an_invocation_needs_the_function_with_its_qualifier(sent, resource):
    def unread() -> bytes:
        raise AssertionError("the payload was read")

    environ, _ = signed("lambda", "invoke", Payload=b"x" * 100, **sent)
    [need] = needs_of(read_request(environ, unread, account_id=ACCOUNT_ID), FACTS)
    assert (need.action, need.resources) == ("lambda:InvokeFunction", (resource,))


def test_a_function_needs_its_code_its_layers_and_its_network():
    layer = f"arn:aws:lambda:{A}:layer:l:1"
    found = needs(
        "lambda",
        "create_function",
        FunctionName="f",
        Role=ROLE,
        Code={"S3Bucket": "code", "S3Key": "f.zip", "S3ObjectVersion": "v"},
        Layers=[layer],
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    )
    assert plain(found) == [
        ("lambda:CreateFunction", FUNCTION),
        ("s3:GetObjectVersion", "arn:aws:s3:::code/f.zip"),
        ("lambda:GetLayerVersion", layer),
        ("ec2:DescribeSecurityGroups", "*"),
        ("ec2:DescribeSubnets", "*"),
        ("ec2:DescribeVpcs", "*"),
        ("ec2:GetSecurityGroupsForVpc", f"arn:aws:ec2:{A}:vpc/*"),
        ("iam:PassRole", ROLE),
    ]


def test_new_code_from_a_bucket_is_read_as_the_caller():
    found = needs("lambda", "update_function_code", FunctionName="f", S3Bucket="b", S3Key="k")
    assert plain(found) == [
        ("lambda:UpdateFunctionCode", FUNCTION),
        ("s3:GetObject", "arn:aws:s3:::b/k"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://b.s3.eu-west-1.amazonaws.com/t/x.yml",
        "https://s3.eu-west-1.amazonaws.com/b/t/x.yml",
        "http://127.0.0.1:4566/b/t/x.yml",
    ],
)
def test_a_template_in_a_bucket_is_read_as_the_caller(url):
    found = needs("cloudformation", "create_stack", StackName="s", TemplateURL=url)
    assert plain(found) == [
        ("cloudformation:CreateStack", f"arn:aws:cloudformation:{A}:stack/s/*"),
        ("s3:GetObject", "arn:aws:s3:::b/t/x.yml"),
    ]


def test_a_session_with_tags_and_a_source_needs_both_actions():
    tags = [{"Key": "team", "Value": "data"}]
    found = needs("sts", "assume_role", RoleArn=ROLE, RoleSessionName="s", Tags=tags,
                  SourceIdentity="me", ExternalId="x")  # fmt: skip
    assert plain(found) == [
        ("sts:AssumeRole", ROLE),
        ("sts:TagSession", ROLE),
        ("sts:SetSourceIdentity", ROLE),
    ]
    assert found[0].context["sts:ExternalId"] == "x"
    assert found[0].context["aws:RequestTag/team"] == "data"


@pytest.mark.parametrize(
    ("service", "method", "sent", "tagging"),
    [
        ("stepfunctions", "create_state_machine", {"name": "m", "tags": [{"key": "a", "value": "b"}]},
         ("states:TagResource", MACHINE)),
        ("iam", "create_role", {"RoleName": "r", "Tags": [{"Key": "a", "Value": "b"}]},
         ("iam:TagRole", ROLE)),
        ("sqs", "create_queue", {"QueueName": "q", "tags": {"a": "b"}}, ("sqs:TagQueue", QUEUE)),
        ("logs", "create_log_group", {"logGroupName": "g", "tags": {"a": "b"}},
         ("logs:TagResource", f"arn:aws:logs:{A}:log-group:g")),
        ("ec2", "run_instances",
         {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]},
         ("ec2:CreateTags", f"arn:aws:ec2:{A}:instance/*")),
    ],
)  # fmt: skip
def test_what_is_made_with_tags_needs_to_be_tagged(service, method, sent, tagging):
    own, *others = needs(service, method, **sent)
    assert tagging in plain(others)
    assert own.context["aws:RequestTag/a"] == "b"
    assert own.context["aws:TagKeys"] == ["a"]


def test_secrets_in_a_batch_are_needed_one_by_one():
    found = needs("secretsmanager", "batch_get_secret_value", SecretIdList=["token"])
    assert plain(found) == [
        ("secretsmanager:BatchGetSecretValue", "*"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{A}:secret:token-AbCdEf"),
    ]


def test_a_change_of_keys_needs_both():
    found = needs("kms", "re_encrypt", CiphertextBlob=b"", SourceKeyId="a", DestinationKeyId="b")
    assert plain(found) == [
        ("kms:ReEncryptFrom", f"arn:aws:kms:{A}:key/a"),
        ("kms:ReEncryptTo", f"arn:aws:kms:{A}:key/b"),
    ]


def test_a_redrive_of_dead_letters_empties_one_queue_and_fills_another():
    found = needs("sqs", "start_message_move_task", SourceArn=DEAD, DestinationArn=QUEUE)
    assert plain(found) == [
        ("sqs:StartMessageMoveTask", DEAD),
        ("sqs:ReceiveMessage", DEAD),
        ("sqs:DeleteMessage", DEAD),
        ("sqs:GetQueueAttributes", DEAD),
        ("sqs:SendMessage", QUEUE),
    ]


def test_a_transaction_needs_what_each_item_does():
    items = [
        {"Put": {"TableName": "t", "Item": {}}},
        {"Delete": {"TableName": "u", "Key": {}}},
        {"Put": {"TableName": "t", "Item": {}}},
    ]
    assert plain(needs("dynamodb", "transact_write_items", TransactItems=items)) == [
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{A}:table/t"),
        ("dynamodb:DeleteItem", f"arn:aws:dynamodb:{A}:table/u"),
    ]
