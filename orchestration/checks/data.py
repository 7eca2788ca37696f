"""After a night: the catalog, the bucket and the marts agree."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from orchestration.checks.check import Finding, Site, bad, good
from orchestration.infrastructure import template


def _tables(site: Site, database: str) -> list[dict[str, Any]]:
    pages = site.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
    return [table for page in pages for table in page["TableList"]]


def partitions(site: Site) -> Iterator[Finding]:
    """Compare the partitions of each staging table with the folders that have files."""
    for table in _tables(site, site.parameters["StagingDatabase"]):
        name, keys = table["Name"], [key["Name"] for key in table.get("PartitionKeys", ())]
        if len(keys) != 1:
            continue
        bucket, _, path = table["StorageDescriptor"]["Location"].partition("://")[2].partition("/")
        registered = _registered(site, table["DatabaseName"], name)
        stored = _stored(site, bucket, f"{path.rstrip('/')}/{keys[0]}=")
        lacking, empty = sorted(stored - registered), sorted(registered - stored)
        if lacking:
            seen = (
                f"{len(lacking)} of {len(stored)} in S3 are not in the catalog, {lacking[0]} first"
            )
            advice = (
                f"make query SQL='msck repair table {table['DatabaseName']}.{name}'{site.target}"
            )
            yield bad(seen, advice, about=name)
        elif empty:
            seen = (
                f"{len(empty)} of {len(registered)} in the catalog have no file, {empty[0]} first"
            )
            yield bad(
                seen, "Somebody deleted files: restore their versions, or backfill", about=name
            )
        else:
            yield good(f"{len(stored)} in the catalog and in S3", about=name)


def _registered(site: Site, database: str, table: str) -> set[str]:
    pages = (
        site.client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName=database, TableName=table, ExcludeColumnSchema=True)
    )
    return {str(item["Values"][0]) for page in pages for item in page["Partitions"]}


def _stored(site: Site, bucket: str, prefix: str) -> set[str]:
    pages = (
        site.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    )
    folders = [it["Prefix"] for page in pages for it in page.get("CommonPrefixes", ())]
    return {folder.removeprefix(prefix).rstrip("/") for folder in folders}


def expiring_tables(site: Site) -> Iterator[Finding]:
    """Say whether a table of the marts lies where S3 deletes objects after some days."""
    rules = _rules(site)
    prefixes = {
        rule.get("Filter", {}).get("Prefix", rule.get("Prefix", "")): rule["Expiration"]["Days"]
        for rule in rules
        if "Days" in rule.get("Expiration", {})
    }
    start = f"s3://{site.cloud.data_bucket}/"
    tables = _tables(site, site.parameters["AnalyticsDatabase"])
    for table in tables:
        place = str(table.get("StorageDescriptor", {}).get("Location", ""))
        under = [it for it in prefixes if place.startswith(start + it)]
        if under:
            seen = f"lies in {place}, where objects are deleted after {prefixes[under[0]]} days"
            advice = "Give its model another location, then make nightly FULL_REFRESH=1"
            yield bad(seen, advice + site.target, about=table["Name"])
    if tables:
        yield good(f"{len(tables)} tables of the marts were looked at")
    else:
        yield bad("there is no table in the marts", f"make nightly{site.target}")


def marts(site: Site) -> Iterator[Finding]:
    """Compare the newest day of the facts with the newest day of staging."""
    staging = site.parameters["StagingDatabase"]
    newest = max(_registered(site, staging, "events"), default=None)
    if newest is None:
        yield bad("staging has no events", f"make nightly{site.target}")
        return
    # Without a database, it is the one of the marts.
    found = site.query("select cast(max(event_date) as varchar) from fact_events")
    day = found[0][0]
    seen = f"fact_events reaches to {day}, staging to {newest}"
    if day is not None and day >= newest:
        yield good(seen)
    else:
        yield bad(seen, f"make watch{site.target}: the last build failed, or has not run yet")


def bucket(site: Site) -> Iterator[Finding]:
    """Compare the bucket's settings with those of the template."""
    client, name = site.client("s3"), site.cloud.data_bucket
    wanted = template.filled_in(
        template.load()["Resources"]["DataBucket"]["Properties"], site.parameters
    )
    advice = f"make deploy{site.target}; if it says the same again, set it in the console"
    status = client.get_bucket_versioning(Bucket=name).get("Status")
    yield _same("versioning", status, wanted["VersioningConfiguration"]["Status"], advice)
    rules = {rule["ID"]: _days(rule) for rule in _rules(site)}
    expected = {
        rule["Id"]: (
            rule.get("Prefix", ""),
            _number(rule.get("ExpirationInDays")),
            _number(rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")),
        )
        for rule in wanted["LifecycleConfiguration"]["Rules"]
    }
    yield _same("lifecycle", rules, expected, advice)
    try:
        access = client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchPublicAccessBlockConfiguration":
            raise
        access = {}
    yield _same("public access", access, wanted["PublicAccessBlockConfiguration"], advice)


def _same(what: str, found: Any, wanted: Any, advice: str) -> Finding:
    if found == wanted:
        return good("as in the template", about=what)
    return bad(f"is {found}, the template says {wanted}", advice, about=what)


def _rules(site: Site) -> list[dict[str, Any]]:
    try:
        found = site.client("s3").get_bucket_lifecycle_configuration(Bucket=site.cloud.data_bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration":
            return []
        raise
    rules: list[dict[str, Any]] = found["Rules"]
    return rules


def _days(rule: dict[str, Any]) -> tuple[str, int | None, int | None]:
    prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    versions = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
    return prefix, _number(rule.get("Expiration", {}).get("Days")), _number(versions)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
