"""Before a deploy: whether the caller may do what a deploy does."""

from collections.abc import Iterator
from typing import Any

from orchestration.checks.check import Finding, NotHere, Site, bad, good

# What `make deploy` calls, itself and through CloudFormation: one or two calls of each kind of
# resource, enough to see that a service was forgotten.
NEEDED = (
    *("cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DescribeStacks"),
    *("s3:CreateBucket", "s3:PutObject", "s3:PutLifecycleConfiguration", "s3:PutBucketPolicy"),
    *("iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole", "iam:DeleteRole"),
    *("lambda:CreateFunction", "lambda:UpdateFunctionCode"),
    *("glue:CreateDatabase", "glue:CreateTable", "glue:CreateJob", "glue:CreateCrawler"),
    *("athena:CreateWorkGroup", "states:CreateStateMachine", "states:UpdateStateMachine"),
    *("ecs:CreateCluster", "ecs:RegisterTaskDefinition", "ecr:CreateRepository"),
    *("codebuild:CreateProject", "codebuild:StartBuild", "codebuild:BatchGetBuilds"),
    *("ec2:CreateVpc", "ec2:CreateSubnet", "ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint"),
    *("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    *("cloudwatch:PutMetricAlarm", "cloudwatch:PutDashboard"),
    *("sns:CreateTopic", "sns:Subscribe", "sqs:CreateQueue", "scheduler:CreateSchedule"),
    *("secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"),
)


def rights(site: Site) -> Iterator[Finding]:
    """Let IAM simulate the caller's policies."""
    if site.settings.is_local:
        raise NotHere("the local AWS takes the operator for an administrator")
    source = _principal(site)
    iam = site.client("iam")
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=source, ActionNames=list(NEEDED)
    )
    denied = sorted(
        item["EvalActionName"]
        for page in pages
        for item in page["EvaluationResults"]
        if item["EvalDecision"] != "allowed"
    )
    if denied:
        yield bad(
            f"{source} may not {', '.join(denied)}",
            "Add these to its policies; a condition or a resource there may also be too narrow",
        )
    else:
        yield good(f"{source} may do the {len(NEEDED)} things that stand for a deploy")


def _principal(site: Site) -> str:
    arn = str(site.client("sts").get_caller_identity()["Arn"])
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        role: dict[str, Any] = site.client("iam").get_role(RoleName=name.partition("/")[0])
        return str(role["Role"]["Arn"])
    if kind != "user":
        raise NotHere(f"IAM simulates users and roles, not {arn}")
    return arn


def service_role(site: Site) -> Iterator[Finding]:
    """Say whether ECS has its role; the first cluster of an account may fail without it."""
    if site.settings.is_local:
        raise NotHere("the local AWS has no service-linked roles")
    client, name = site.client("iam"), "AWSServiceRoleForECS"
    try:
        client.get_role(RoleName=name)
    except client.exceptions.NoSuchEntityException:
        yield bad(
            f"there is no role {name}",
            "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
        )
    else:
        yield good(f"{name} is there")


def lake_formation(site: Site) -> Iterator[Finding]:
    """Say whether IAM alone decides over new tables, as this stack expects."""
    found = site.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]
    for what in ("Database", "Table"):
        defaults = found.get(f"Create{what}DefaultPermissions", [])
        principals = {item["Principal"]["DataLakePrincipalIdentifier"] for item in defaults}
        if "IAM_ALLOWED_PRINCIPALS" in principals:
            yield good("IAM decides over new ones", about=f"{what.lower()}s")
        else:
            yield bad(
                "new ones are under Lake Formation, which does not know the stack's roles",
                "Lake Formation, Data catalog settings: use only IAM access control for new "
                "databases and tables",
                about=f"{what.lower()}s",
            )
