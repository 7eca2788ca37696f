"""Requests to the services that this project uses need what AWS documents."""

import pytest
from localaws_support.known_facts import KnownFacts
from localaws_support.signed_requests import ACCOUNT_ID, signed

from localaws.permissions.facts import TaskDefinition
from localaws.permissions.needs import needs_of
from localaws.permissions.requests import read_request

A = f"eu-west-1:{ACCOUNT_ID}"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/r"
OTHER = f"arn:aws:iam::{ACCOUNT_ID}:role/other"
SECRET = f"arn:aws:secretsmanager:{A}:secret:token-AbCdEf"
KEY = f"arn:aws:kms:{A}:key/1234"
STACK = f"arn:aws:cloudformation:{A}:stack/night/0000"
DBT = f"arn:aws:ecs:{A}:task-definition/dbt:7"
GROUP = f"arn:aws:logs:{A}:log-group:/aws/lambda/plan"
QUEUE = f"arn:aws:sqs:{A}:dead"
MACHINE = f"arn:aws:states:{A}:stateMachine:nightly"
EXECUTION = f"arn:aws:states:{A}:execution:nightly:1"
TOPIC = f"arn:aws:sns:{A}:alerts"
REPOSITORY = f"arn:aws:ecr:{A}:repository/dbt"

FACTS = KnownFacts(
    task_definitions={
        "dbt": TaskDefinition(DBT, ROLE, OTHER),
        DBT: TaskDefinition(DBT, ROLE, ROLE),
    },
    work_groups={"q1": "dbt", "q2": "primary", "n1": "dbt"},
    secrets={"token": SECRET, SECRET: SECRET},
    keys={"alias/own": KEY, "1234": KEY},
    stacks={"night": STACK},
    mappings={"uuid-1": f"arn:aws:lambda:{A}:function:plan"},
    paths={"deployer": "/ci/"},
    profiles={"workers": [ROLE]},
    tagged={SECRET: {"team": "data"}},
)

QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"
ATHENA = [
    (
        "start_query_execution",
        {"QueryString": "select 1", "WorkGroup": "dbt"},
        [f"arn:aws:athena:{A}:workgroup/dbt"],
    ),
    (
        "start_query_execution",
        {"QueryString": "select 1"},
        [f"arn:aws:athena:{A}:workgroup/primary"],
    ),
    ("get_query_execution", {"QueryExecutionId": "q1"}, [f"arn:aws:athena:{A}:workgroup/dbt"]),
    ("get_query_results", {"QueryExecutionId": "q1"}, [f"arn:aws:athena:{A}:workgroup/dbt"]),
    ("stop_query_execution", {"QueryExecutionId": "gone"}, [f"arn:aws:athena:{A}:workgroup/*"]),
    (
        "batch_get_query_execution",
        {"QueryExecutionIds": ["q1", "q2"]},
        [f"arn:aws:athena:{A}:workgroup/dbt", f"arn:aws:athena:{A}:workgroup/primary"],
    ),
    ("get_named_query", {"NamedQueryId": "n1"}, [f"arn:aws:athena:{A}:workgroup/dbt"]),
    ("get_work_group", {"WorkGroup": "dbt"}, [f"arn:aws:athena:{A}:workgroup/dbt"]),
    (
        "get_table_metadata",
        {"CatalogName": "awsdatacatalog", "DatabaseName": "marts", "TableName": "dim"},
        [f"arn:aws:athena:{A}:datacatalog/AwsDataCatalog"],
    ),
    ("list_work_groups", {}, ["*"]),
]
STEP_FUNCTIONS = [
    ("start_execution", {"stateMachineArn": MACHINE}, [MACHINE]),
    ("list_executions", {"stateMachineArn": MACHINE}, [MACHINE]),
    ("describe_execution", {"executionArn": EXECUTION}, [EXECUTION]),
    ("get_execution_history", {"executionArn": EXECUTION}, [EXECUTION]),
    ("stop_execution", {"executionArn": EXECUTION}, [EXECUTION]),
    ("redrive_execution", {"executionArn": EXECUTION}, [EXECUTION]),
    ("describe_state_machine_for_execution", {"executionArn": EXECUTION}, [EXECUTION]),
    ("list_state_machines", {}, ["*"]),
    ("send_task_success", {"taskToken": "t", "output": "{}"}, ["*"]),
]
LOGS = [
    ("create_log_group", {"logGroupName": "/aws/lambda/plan"}, [f"{GROUP}:log-stream:"]),
    ("put_retention_policy", {"logGroupName": "/aws/lambda/plan"}, [f"{GROUP}:log-stream:"]),
    (
        "create_log_stream",
        {"logGroupName": "/aws/lambda/plan", "logStreamName": "s"},
        [f"{GROUP}:log-stream:s"],
    ),
    (
        "put_log_events",
        {"logGroupName": "/aws/lambda/plan", "logStreamName": "s", "logEvents": []},
        [f"{GROUP}:log-stream:s"],
    ),
    (
        "get_log_events",
        {"logGroupIdentifier": f"{GROUP}:*", "logStreamName": "s"},
        [f"{GROUP}:log-stream:s"],
    ),
    ("filter_log_events", {"logGroupName": "/aws/lambda/plan"}, [f"{GROUP}:log-stream:"]),
    ("describe_log_streams", {"logGroupName": "/aws/lambda/plan"}, [f"{GROUP}:log-stream:"]),
    ("describe_log_groups", {"logGroupNamePrefix": "/aws"}, ["*"]),
    ("tag_resource", {"resourceArn": f"{GROUP}:*", "tags": {"a": "b"}}, [GROUP]),
    ("list_tags_for_resource", {"resourceArn": GROUP}, [GROUP]),
    ("put_resource_policy", {"policyName": "p", "policyDocument": "{}"}, ["*"]),
]
MONITORING = [
    ("put_metric_data", {"Namespace": "wistia", "MetricData": []}, ["*"]),
    ("put_metric_alarm", {"AlarmName": "late"}, [f"arn:aws:cloudwatch:{A}:alarm:late"]),
    (
        "describe_alarms",
        {"AlarmNames": ["late", "x"]},
        [f"arn:aws:cloudwatch:{A}:alarm:late", f"arn:aws:cloudwatch:{A}:alarm:x"],
    ),
    ("describe_alarms", {}, [f"arn:aws:cloudwatch:{A}:alarm:*"]),
    ("get_metric_data", {"MetricDataQueries": []}, ["*"]),
    (
        "put_dashboard",
        {"DashboardName": "d", "DashboardBody": "{}"},
        [f"arn:aws:cloudwatch::{ACCOUNT_ID}:dashboard/d"],
    ),
]
MESSAGES = [
    ("sns", "publish", {"TopicArn": TOPIC, "Message": "m"}, "sns:Publish", [TOPIC]),
    ("sns", "publish", {"PhoneNumber": "+491", "Message": "m"}, "sns:Publish", ["*"]),
    (
        "sns",
        "publish_batch",
        {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": "1", "Message": "m"}]},
        "sns:Publish",
        [TOPIC],
    ),
    ("sns", "create_topic", {"Name": "alerts"}, "sns:CreateTopic", [TOPIC]),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "email"}, "sns:Subscribe", [TOPIC]),
    ("sns", "unsubscribe", {"SubscriptionArn": f"{TOPIC}:0"}, "sns:Unsubscribe", [TOPIC]),
    ("sns", "list_topics", {}, "sns:ListTopics", ["*"]),
    (
        "sqs",
        "send_message",
        {"QueueUrl": QUEUE_URL, "MessageBody": "m"},
        "sqs:SendMessage",
        [QUEUE],
    ),
    ("sqs", "send_message_batch", {"QueueUrl": QUEUE_URL}, "sqs:SendMessage", [QUEUE]),
    ("sqs", "receive_message", {"QueueUrl": QUEUE_URL}, "sqs:ReceiveMessage", [QUEUE]),
    ("sqs", "delete_message_batch", {"QueueUrl": QUEUE_URL}, "sqs:DeleteMessage", [QUEUE]),
    ("sqs", "get_queue_url", {"QueueName": "dead"}, "sqs:GetQueueUrl", [QUEUE]),
    ("sqs", "create_queue", {"QueueName": "dead"}, "sqs:CreateQueue", [QUEUE]),
    ("sqs", "list_queues", {}, "sqs:ListQueues", ["*"]),
]
OTHERS = [
    ("secretsmanager", "get_secret_value", {"SecretId": "token"}, "", [SECRET]),
    ("secretsmanager", "get_secret_value", {"SecretId": SECRET}, "", [SECRET]),
    (
        "secretsmanager",
        "get_secret_value",
        {"SecretId": "gone"},
        "",
        [f"arn:aws:secretsmanager:{A}:secret:gone"],
    ),
    ("secretsmanager", "put_secret_value", {"SecretId": "token"}, "", [SECRET]),
    ("secretsmanager", "list_secrets", {}, "", ["*"]),
    ("ecr", "get_authorization_token", {}, "", ["*"]),
    ("ecr", "batch_get_image", {"repositoryName": "dbt", "imageIds": []}, "", [REPOSITORY]),
    ("ecr", "describe_repositories", {"repositoryNames": ["dbt"]}, "", [REPOSITORY]),
    ("ecr", "initiate_layer_upload", {"repositoryName": "dbt"}, "", [REPOSITORY]),
    (
        "codebuild",
        "start_build",
        {"projectName": "image"},
        "",
        [f"arn:aws:codebuild:{A}:project/image"],
    ),
    (
        "codebuild",
        "batch_get_builds",
        {"ids": ["image:1", f"arn:aws:codebuild:{A}:build/image:2"]},
        "",
        [f"arn:aws:codebuild:{A}:project/image"],
    ),
    ("cloudformation", "describe_stacks", {"StackName": "night"}, "", [STACK]),
    ("cloudformation", "describe_stacks", {"StackName": STACK}, "", [STACK]),
    (
        "cloudformation",
        "create_stack",
        {"StackName": "new", "TemplateBody": "{}"},
        "",
        [f"arn:aws:cloudformation:{A}:stack/new/*"],
    ),
    (
        "cloudformation",
        "describe_change_set",
        {"StackName": "night", "ChangeSetName": "c"},
        "",
        [STACK],
    ),
    ("cloudformation", "validate_template", {"TemplateBody": "{}"}, "", ["*"]),
    (
        "scheduler",
        "get_schedule",
        {"GroupName": "night", "Name": "s"},
        "",
        [f"arn:aws:scheduler:{A}:schedule/night/s"],
    ),
    (
        "scheduler",
        "delete_schedule",
        {"Name": "s"},
        "",
        [f"arn:aws:scheduler:{A}:schedule/default/s"],
    ),
    (
        "scheduler",
        "create_schedule_group",
        {"Name": "night"},
        "",
        [f"arn:aws:scheduler:{A}:schedule-group/night"],
    ),
    ("events", "put_rule", {"Name": "r"}, "", [f"arn:aws:events:{A}:rule/r"]),
    ("events", "describe_rule", {"Name": "r"}, "", [f"arn:aws:events:{A}:rule/r"]),
    (
        "events",
        "put_targets",
        {"Rule": "r", "EventBusName": "own", "Targets": []},
        "",
        [f"arn:aws:events:{A}:rule/own/r"],
    ),
    ("events", "put_events", {"Entries": [{}]}, "", [f"arn:aws:events:{A}:event-bus/default"]),
    ("iam", "get_role", {"RoleName": "r"}, "", [ROLE]),
    (
        "iam",
        "delete_role",
        {"RoleName": "deployer"},
        "",
        [f"arn:aws:iam::{ACCOUNT_ID}:role/ci/deployer"],
    ),
    (
        "iam",
        "create_role",
        {"RoleName": "n", "Path": "/ci/", "AssumeRolePolicyDocument": "{}"},
        "",
        [f"arn:aws:iam::{ACCOUNT_ID}:role/ci/n"],
    ),
    (
        "iam",
        "get_policy",
        {"PolicyArn": f"arn:aws:iam::{ACCOUNT_ID}:policy/p"},
        "",
        [f"arn:aws:iam::{ACCOUNT_ID}:policy/p"],
    ),
    ("iam", "list_roles", {}, "", ["*"]),
    ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "s"}, "", [ROLE]),
    ("kms", "decrypt", {"KeyId": "alias/own", "CiphertextBlob": b""}, "", [KEY]),
    ("kms", "encrypt", {"KeyId": KEY, "Plaintext": b""}, "", [KEY]),
    ("kms", "decrypt", {"CiphertextBlob": b""}, "", [f"arn:aws:kms:{A}:key/*"]),
    (
        "kms",
        "create_alias",
        {"AliasName": "alias/new", "TargetKeyId": "1234"},
        "",
        [f"arn:aws:kms:{A}:alias/new", KEY],
    ),
    ("kms", "create_key", {}, "", ["*"]),
    ("lambda", "get_function", {"FunctionName": "f"}, "", [f"arn:aws:lambda:{A}:function:f"]),
    (
        "lambda",
        "get_function",
        {"FunctionName": f"{ACCOUNT_ID}:function:f:live"},
        "",
        [f"arn:aws:lambda:{A}:function:f:live"],
    ),
    ("lambda", "list_functions", {}, "", ["*"]),
    ("ec2", "describe_instances", {}, "", ["*"]),
    ("ec2", "stop_instances", {"InstanceIds": ["i-1"]}, "", [f"arn:aws:ec2:{A}:instance/i-1"]),
    (
        "ec2",
        "create_security_group",
        {"GroupName": "g", "Description": "d", "VpcId": "vpc-1"},
        "",
        [f"arn:aws:ec2:{A}:vpc/vpc-1", f"arn:aws:ec2:{A}:security-group/*"],
    ),
    ("resourcegroupstaggingapi", "get_resources", {}, "tag:GetResources", ["*"]),
    ("lakeformation", "get_data_lake_settings", {}, "", ["*"]),
    (
        "dynamodb",
        "query",
        {"TableName": "t", "IndexName": "i"},
        "",
        [f"arn:aws:dynamodb:{A}:table/t/index/i"],
    ),
    (
        "ssm",
        "get_parameters",
        {"Names": ["/a/b", "c:3"]},
        "",
        [f"arn:aws:ssm:{A}:parameter/a/b", f"arn:aws:ssm:{A}:parameter/c"],
    ),
    (
        "firehose",
        "put_record_batch",
        {"DeliveryStreamName": "d", "Records": []},
        "",
        [f"arn:aws:firehose:{A}:deliverystream/d"],
    ),
    ("kinesis", "put_record", {"StreamName": "s"}, "", [f"arn:aws:kinesis:{A}:stream/s"]),
]

TABLE_OF_REQUESTS = [
    *(("athena", method, sent, "", needed) for method, sent, needed in ATHENA),
    *(("stepfunctions", method, sent, "", needed) for method, sent, needed in STEP_FUNCTIONS),
    *(("logs", method, sent, "", needed) for method, sent, needed in LOGS),
    *(("cloudwatch", method, sent, "", needed) for method, sent, needed in MONITORING),
    *MESSAGES,
    *OTHERS,
]


@pytest.mark.parametrize(
    ("service", "method", "sent", "action", "resources"),
    TABLE_OF_REQUESTS,
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_a_request_needs_its_action_on_its_resources(service, method, sent, action, resources):
    # GIVEN a request as boto3 signs it
    environ, body = signed(service, method, **sent)
    # WHEN its needs are derived
    request = read_request(environ, body, account_id=ACCOUNT_ID)
    need = needs_of(request, FACTS)[0]
    # THEN it is the action of the reference on exactly these ARNs
    name = "".join(word.title() for word in method.split("_"))
    prefix = {"stepfunctions": "states"}.get(service, service)
    assert need.action == (action or f"{prefix}:{name}")
    assert list(need.resources) == resources
    assert need.context["aws:RequestedRegion"] == "eu-west-1"


@pytest.mark.parametrize("method", ["get_caller_identity", "get_session_token"])
def test_who_asks_about_himself_needs_nothing(method):
    environ, body = signed("sts", method)
    assert needs_of(read_request(environ, body, account_id=ACCOUNT_ID), FACTS) == []
