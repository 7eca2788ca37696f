"""The facts that permissions depend on are found in the account."""

import io
import json
import zipfile

import boto3
import pytest
from moto import mock_aws

from localaws.server.account_facts import MotoFacts

REGION = "eu-west-1"
ACCOUNT_ID = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def facts(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield MotoFacts(ACCOUNT_ID)


def client(service: str):
    return boto3.client(service, region_name=REGION)


def test_a_family_means_its_newest_active_revision(facts):
    ecs, role = client("ecs"), f"arn:aws:iam::{ACCOUNT_ID}:role/r"
    arns = [
        ecs.register_task_definition(
            family="dbt", containerDefinitions=[], taskRoleArn=role, executionRoleArn=role + "x"
        )["taskDefinition"]["taskDefinitionArn"]
        for _ in range(3)
    ]
    ecs.deregister_task_definition(taskDefinition=arns[2])
    found = facts.task_definition(REGION, "dbt")
    assert (found.arn, found.task_role_arn, found.execution_role_arn) == (arns[1], role, role + "x")
    assert facts.task_definition(REGION, "dbt:1").arn == arns[0]
    assert facts.task_definition(REGION, arns[2]).arn == arns[2]
    assert facts.task_definition(REGION, "gone") is None
    assert facts.task_definition(REGION, "dbt:x") is None
    assert facts.task_definition("nowhere-1", "dbt") is None


def test_a_task_definition_may_have_no_roles(facts):
    client("ecs").register_task_definition(family="bare", containerDefinitions=[])
    found = facts.task_definition(REGION, "bare")
    assert (found.task_role_arn, found.execution_role_arn) == (None, None)


def test_a_query_has_its_workgroup(facts):
    athena = client("athena")
    athena.create_work_group(Name="dbt")
    sent = {"QueryString": "select 1", "WorkGroup": "dbt"}
    query = athena.start_query_execution(**sent)["QueryExecutionId"]
    saved = athena.create_named_query(Name="n", Database="d", **sent)["NamedQueryId"]
    assert facts.query_work_group(REGION, query) == "dbt"
    assert facts.named_query_work_group(REGION, saved) == "dbt"
    assert facts.query_work_group(REGION, "gone") is None
    assert facts.named_query_work_group(REGION, "gone") is None


def test_a_database_has_its_tables(facts):
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": "marts"})
    glue.create_table(DatabaseName="marts", TableInput={"Name": "dim"})
    assert facts.tables(REGION, "marts") == ["dim"]
    assert facts.tables(REGION, "gone") == []


def test_a_secret_is_found_by_name_and_arn_with_its_tags(facts):
    tags = [{"Key": "team", "Value": "data"}]
    arn = client("secretsmanager").create_secret(Name="a/b-c", SecretString="x", Tags=tags)["ARN"]
    assert {facts.secret_arn(REGION, name) for name in ("a/b-c", arn, arn[:-7])} == {arn}
    assert facts.tags(arn) == {"team": "data"}
    assert facts.secret_arn(REGION, "gone") is None


def test_a_key_is_found_by_id_arn_and_alias(facts):
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/own", TargetKeyId=key["KeyId"])
    names = [key["KeyId"], key["Arn"], "alias/own", key["Arn"].rpartition(":")[0] + ":alias/own"]
    assert {facts.key_arn(REGION, name) for name in names} == {key["Arn"]}
    assert facts.key_arn(REGION, "gone") is None
    assert facts.key_arn(REGION, "alias/gone") is None


def test_a_stack_has_an_id_until_it_is_deleted(facts):
    cloudformation = client("cloudformation")
    template = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    stack = cloudformation.create_stack(StackName="night", TemplateBody=template)["StackId"]
    assert facts.stack_id(REGION, "night") == stack
    cloudformation.delete_stack(StackName="night")
    assert facts.stack_id(REGION, "night") is None


def test_an_event_source_mapping_has_its_function(facts):
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "")
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    function = client("lambda").create_function(
        FunctionName="f", Runtime="python3.11", Handler="f.f", Role=role,
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]  # fmt: skip
    client("sqs").create_queue(QueueName="q")
    mapping = client("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:q"
    )
    assert facts.event_source_function_arn(REGION, mapping["UUID"]) == function
    assert facts.event_source_function_arn(REGION, "gone") is None


def test_names_of_iam_have_their_paths(facts):
    iam = client("iam")
    tags = [{"Key": "team", "Value": "data"}]
    role = iam.create_role(
        RoleName="r", Path="/ci/", AssumeRolePolicyDocument=TRUST, Tags=tags
    )["Role"]["Arn"]  # fmt: skip
    iam.create_user(UserName="u", Path="/people/")
    iam.create_instance_profile(InstanceProfileName="p", Path="/ec2/")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    found = [
        facts.iam_path(*one) for one in (("role", "r"), ("user", "u"), ("instance-profile", "p"))
    ]
    assert found == ["/ci/", "/people/", "/ec2/"]
    assert facts.iam_path("role", "gone") == "/"
    assert facts.instance_profile_roles("p") == [role]
    assert facts.tags(role) == {"team": "data"}


def test_queues_and_state_machines_have_their_tags(facts):
    client("sqs").create_queue(QueueName="q", tags={"a": "b"})
    machine = client("stepfunctions").create_state_machine(
        name="m", definition='{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}',
        roleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/r", tags=[{"key": "c", "value": "d"}],
    )["stateMachineArn"]  # fmt: skip
    assert facts.tags(f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:q") == {"a": "b"}
    assert facts.tags(machine) == {"c": "d"}
    assert facts.tags("*") == {}
    assert facts.tags("arn:aws:s3:::b") == {}
