"""Reads the status and the outputs of the deployed stack."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError


@dataclass(frozen=True)
class Databases:
    """Names of the stack's Glue databases."""

    staging: str
    analytics: str


def describe(cloud: Cloud) -> dict[str, Any] | None:
    """Return CloudFormation's description of the stack, None if there is none."""
    try:
        stacks = cloud.client("cloudformation").describe_stacks(StackName=cloud.settings.stack_name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    stack: dict[str, Any] = stacks["Stacks"][0]
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def outputs(cloud: Cloud) -> dict[str, str]:
    """Return the outputs of the stack.

    Raises
    ------
    PipelineError
        There is no stack.
    """
    stack = describe(cloud)
    if stack is None:
        raise PipelineError(
            f"There is no stack {cloud.settings.stack_name} in {cloud.settings.region}: deploy it "
            f"first ({'make up' if cloud.settings.is_local else 'make deploy'})."
        )
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


def databases(cloud: Cloud) -> Databases:
    """Return the names of the databases, which are parameters of the template.

    Raises
    ------
    PipelineError
        There is no stack, or it does not have these outputs.
    """
    found = outputs(cloud)
    try:
        return Databases(found["StagingDatabaseName"], found["AnalyticsDatabaseName"])
    except KeyError as missing:
        raise PipelineError(
            f"The stack {cloud.settings.stack_name} has no output {missing}: its last deploy did "
            f"not finish. Deploy again ({'make up' if cloud.settings.is_local else 'make deploy'})."
        ) from None
