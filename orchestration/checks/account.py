"""Before a deploy: who asks, where, and whether the names fit."""

from collections.abc import Iterator

import boto3

from orchestration.checks.check import Finding, NotHere, Site, bad, good, unknown

LONGEST_BUCKET_NAME = 63
SERVICES = (
    *("athena", "cloudformation", "codebuild", "ecr", "ecs", "events", "glue", "lambda", "logs"),
    *("scheduler", "secretsmanager", "sns", "sqs", "stepfunctions"),
)
ENGINE = "Athena engine version 3"
_GLUE_VERSIONS = "https://docs.aws.amazon.com/glue/latest/dg/release-notes.html"


def credentials(site: Site) -> Iterator[Finding]:
    """Say whose credentials these are."""
    caller = site.client("sts").get_caller_identity()
    seen = f"account {caller['Account']}, {caller['Arn']}"
    if str(caller["Arn"]).endswith(":root"):
        yield bad(seen, "Log in as a role or a user: the account's root should not deploy")
    else:
        yield good(seen)


def region(site: Site) -> Iterator[Finding]:
    """Say whether the region has every service; botocore's list is as new as its version."""
    name = site.settings.region
    lacking = _lacking(name)
    if lacking:
        yield bad(f"{name} lacks {', '.join(lacking)}", "Set AWS_REGION to another region")
    else:
        yield good(f"{name} has the {len(SERVICES)} services that the stack uses")


def _lacking(name: str) -> list[str]:
    session = boto3.Session()
    partition = session.get_partition_for_region(name)
    return [
        service
        for service in SERVICES
        if name not in session.get_available_regions(service, partition_name=partition)
    ]


def engines(site: Site) -> Iterator[Finding]:
    """Say whether Athena has the engine of the workgroup."""
    versions = site.client("athena").list_engine_versions()["EngineVersions"]
    names = [item.get("EffectiveEngineVersion", "") for item in versions]
    if ENGINE in names:
        yield good(f"{ENGINE} is offered", about="athena")
    else:
        yield bad(f"Athena offers {', '.join(names)}", "Use another region", about="athena")


def glue_version(site: Site) -> Iterator[Finding]:
    """Glue has no call that lists its versions."""
    if site.settings.is_local:
        raise NotHere("the local AWS runs its own Spark")
    yield unknown("Glue 5.1: AWS has no call that lists versions", f"See {_GLUE_VERSIONS}")


def names(site: Site) -> Iterator[Finding]:
    """Say whether the names of the buckets fit."""
    longest = max(site.cloud.data_bucket, site.cloud.artifacts_bucket, key=len)
    seen = f"{longest} has {len(longest)} of {LONGEST_BUCKET_NAME} characters"
    over = len(longest) - LONGEST_BUCKET_NAME
    if over > 0:
        most = len(site.settings.stack_name) - over
        yield bad(seen, f"Set STACK_NAME to a name of at most {most} characters")
    else:
        yield good(seen)
