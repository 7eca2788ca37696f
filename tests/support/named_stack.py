"""A stack with other database names, reduced to the parts that the commands use."""

import json
import os
import subprocess

from localaws_support.roles import create_role

from localaws.testing import LocalAws
from orchestration.cli import athena
from orchestration.cloud import Cloud, program
from orchestration.settings import REPOSITORY_ROOT, Settings

STACK, STAGING, ANALYTICS = "other-names", "raw_videos", "video_marts"
VISITOR = "a" * 64
OTHER_VISITOR = "b" * 64


class Stack:
    """The stack, its tables, and commands that act on it."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.cloud = Cloud(Settings(stack_name=STACK, localaws_home=aws.settings.home))
        self.bucket = self.cloud.data_bucket

    def make(self) -> None:
        """Deploy the parts that the commands use, and next to them a database with the default name."""
        self.aws.wait_for_trino()
        definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
        role = create_role(self.aws, services=("states",))
        databases = {
            name: {
                "Type": "AWS::Glue::Database",
                "Properties": {
                    "CatalogId": self.aws.account_id,
                    "DatabaseInput": {
                        "Name": database,
                        "LocationUri": f"s3://{self.bucket}/{database}/",
                    },
                },
            }
            for name, database in (("Staging", STAGING), ("Analytics", ANALYTICS))
        }
        template = {
            "Resources": {
                **databases,
                "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": self.bucket}},
                "WorkGroup": {
                    "Type": "AWS::Athena::WorkGroup",
                    "Properties": {
                        "Name": STACK,
                        "WorkGroupConfiguration": {
                            "ResultConfiguration": {
                                "OutputLocation": f"s3://{self.bucket}/athena-results/"
                            }
                        },
                    },
                },
                "Key": {
                    "Type": "AWS::SecretsManager::Secret",
                    "Properties": {"Name": f"{STACK}/pseudonym-key", "SecretString": "key"},
                },
                "Night": {
                    "Type": "AWS::StepFunctions::StateMachine",
                    "Properties": {
                        "StateMachineName": f"{STACK}-nightly",
                        "RoleArn": role,
                        "DefinitionString": json.dumps(definition),
                    },
                },
            },
            "Outputs": {
                "StagingDatabaseName": {"Value": {"Ref": "Staging"}},
                "AnalyticsDatabaseName": {"Value": {"Ref": "Analytics"}},
            },
        }
        client = self.aws.client("cloudformation")
        client.create_stack(StackName=STACK, TemplateBody=json.dumps(template))
        client.get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
        self.aws.client("glue").create_database(
            DatabaseInput={
                "Name": "wistia_analytics",
                "LocationUri": f"s3://{self.bucket}/wistia_analytics/",
            }
        )
        for database in (ANALYTICS, "wistia_analytics"):
            self.make_table(database)

    def make_table(self, database: str) -> None:
        """Create fact_events with two rows of one viewer and one of another."""
        self.sql(
            f"create table {database}.fact_events (event_key string, visitor_id string) "
            f"location 's3://{self.bucket}/{database}/fact_events/' "
            "tblproperties ('table_type'='ICEBERG')"
        )
        self.sql(
            f"insert into {database}.fact_events values ('1', '{VISITOR}'), ('2', '{VISITOR}'), "
            f"('3', '{OTHER_VISITOR}')"
        )

    def make_hive_tables(self) -> None:
        """Create what an earlier release left among the query results: medias, and failing rows."""
        for name, row in (
            ("dim_media", "'m' as media_id"),
            ("a_test", f"'{VISITOR}' as visitor_id, 'broken' as reason"),
        ):
            self.sql(f"create table {name} with (table_type='hive') as select {row}")

    def sql(self, sql: str) -> list[list[str | None]]:
        """Send a statement."""
        return athena.query(self.cloud, sql, database=ANALYTICS).rows

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the pipeline on this stack, into a pipe."""
        return subprocess.run(
            [program("wistia-pipeline"), *arguments],
            env=os.environ | self.aws.environment() | {"STACK_NAME": STACK},
            cwd=REPOSITORY_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
