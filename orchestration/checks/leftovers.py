"""Before a deploy: what an earlier one left, and what would be in its way."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from orchestration.checks.check import Finding, Site, bad, good

_WHOLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_STUCK = ("ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED", "REVIEW_IN_PROGRESS")


def stack_state(site: Site) -> Iterator[Finding]:
    """Say whether a deploy can begin."""
    name = site.settings.stack_name
    if site.stack is None:
        yield good(f"there is no stack {name}: the deploy creates it")
        return
    status = site.stack["StackStatus"]
    seen = f"the stack {name} is {status}"
    if status.endswith(_STUCK):
        yield bad(seen, "Delete it, or continue its rollback, in the CloudFormation console")
    elif status.endswith("_IN_PROGRESS"):
        yield bad(seen, "Wait until it has ended")
    else:
        yield good(seen)


def kept_data(site: Site) -> Iterator[Finding]:
    """Say what becomes of the data bucket and the pseudonym key, which belong together."""
    bucket, secret = site.cloud.data_bucket, f"{site.settings.stack_name}/pseudonym-key"
    there = {bucket: _has_bucket(site, bucket), secret: _has_secret(site, secret)}
    if site.stack is not None and str(site.stack["StackStatus"]).endswith(_WHOLE):
        for name, is_there in there.items():
            if is_there:
                yield good("is there", about=name)
            else:
                yield bad("is missing, but the stack has it", "Restore it", about=name)
    elif all(there.values()):
        yield good(f"{bucket} and {secret} are left from an earlier stack: they are taken over")
    elif not any(there.values()):
        yield good(f"neither {bucket} nor {secret} is there: the deploy creates them")
    else:
        left = bucket if there[bucket] else secret
        yield bad(
            f"only {left} is left from an earlier stack",
            "Restore the other one (without its key, no earlier visitor is recognized), or delete "
            "this one for a new beginning",
        )


def _has_bucket(site: Site, name: str) -> bool:
    try:
        site.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
            return False
        raise
    return True


def _has_secret(site: Site, name: str) -> bool:
    client = site.client("secretsmanager")
    try:
        found = client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return "DeletedDate" not in found


def dying_secrets(site: Site) -> Iterator[Finding]:
    """Say whether a deleted secret still holds its name."""
    client = site.client("secretsmanager")
    for name in (site.settings.token_secret_id, f"{site.settings.stack_name}/pseudonym-key"):
        try:
            found = client.describe_secret(SecretId=name)
        except client.exceptions.ResourceNotFoundException:
            found = {}
        if "DeletedDate" in found:
            advice = f"aws secretsmanager restore-secret --secret-id {name}"
            yield bad("is scheduled for deletion and holds its name", advice, about=name)
        else:
            yield good("is free or in use", about=name)


def databases(site: Site) -> Iterator[Finding]:
    """Say whether databases of these names belong to somebody else."""
    own = site.of_type("AWS::Glue::Database")
    client = site.client("glue")
    for parameter in ("StagingDatabase", "AnalyticsDatabase"):
        name = site.parameters[parameter]
        try:
            client.get_database(Name=name)
        except client.exceptions.EntityNotFoundException:
            yield good("is free", about=name)
            continue
        if name in own:
            yield good("is the stack's", about=name)
        else:
            advice = f"Deploy with another {parameter}, or delete that database"
            yield bad("exists, and is not this stack's", advice, about=name)
