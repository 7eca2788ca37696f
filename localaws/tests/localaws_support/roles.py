"""Roles for tests: who may assume them, and what they may do."""

import json
import uuid
from typing import Any

from localaws.testing import LocalAws

SERVICES = ("lambda", "glue", "ecs-tasks", "states", "scheduler")
ADMINISTRATOR = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def create_role(
    aws: LocalAws, *statements: dict[str, Any], services: tuple[str, ...] = SERVICES
) -> str:
    """Create a role that services may assume and return its ARN.

    Parameters
    ----------
    aws
        The account.
    statements
        What the role may do; nothing without any.
    services
        Who may assume it, such as ``lambda``.
    """
    name = f"role-{uuid.uuid4().hex[:8]}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
                "Action": "sts:AssumeRole",
            },
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{aws.account_id}:root"},
                "Action": "sts:AssumeRole",
            },
        ],
    }
    iam = aws.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    if statements:
        grant(aws, str(role["Role"]["Arn"]), *statements)
    return str(role["Role"]["Arn"])


def grant(aws: LocalAws, role_arn: str, *statements: dict[str, Any]) -> None:
    """Give a role this inline policy and no other."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    aws.client("iam").put_role_policy(
        RoleName=role_arn.rsplit("/", 1)[-1],
        PolicyName="own",
        PolicyDocument=json.dumps(document),
    )


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def client_as(aws: LocalAws, role_arn: str, service: str) -> Any:
    """Return a client with temporary keys of a role."""
    keys = aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    session = aws.session()
    return session.client(
        service,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
