"""Before a deploy: limits of new accounts that the stack or its first night would meet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.checks.check import Finding, Site, bad, good, unknown


@dataclass(frozen=True)
class Quota:
    """A limit of an account.

    Attributes
    ----------
    service
        Its code in Service Quotas.
    name
        Pattern of the quota's name: names are easier to check than codes, and do not change.
    needed
        What the stack uses.
    """

    service: str
    name: str
    needed: float
    about: str


QUOTAS = (
    Quota("codebuild", r"Linux/Small environment", 1, "CodeBuild builds at a time"),
    Quota("vpc", r"^VPCs per Region$", 1, "VPCs"),
    Quota("fargate", r"Fargate On-Demand vCPU", 1, "Fargate vCPUs"),
    Quota("glue", r"concurrent job runs per account", 1, "Glue job runs at a time"),
    Quota("glue", r"task DPUs|data processing units", 4, "Glue DPUs (2 workers, the crawler's 2)"),
)


def quotas(site: Site) -> Iterator[Finding]:
    """Compare the limits of the account with what the stack needs."""
    client = site.client("service-quotas")
    for quota in QUOTAS:
        pages = client.get_paginator("list_service_quotas").paginate(ServiceCode=quota.service)
        found = [
            item
            for page in pages
            for item in page["Quotas"]
            if re.search(quota.name, item["QuotaName"], re.IGNORECASE)
        ]
        yield (
            _compared(site, quota, found[0]["QuotaName"], found[0]["Value"])
            if found
            else unknown(
                f"the account lists no quota like {quota.name!r} for {quota.service}",
                "Look in the Service Quotas console",
                about=quota.about,
            )
        )


def _compared(site: Site, quota: Quota, name: str, value: float) -> Finding:
    used = 0
    if quota.service == "vpc":
        if site.parameters.get("VpcId") or site.of_type("AWS::EC2::VPC"):
            return good("the stack has its network", about=quota.about)
        used = len(site.client("ec2").describe_vpcs()["Vpcs"])
    seen = f"{name}: {value:g}, in use {used}, needed {quota.needed:g}"
    if value - used >= quota.needed:
        return good(seen, about=quota.about)
    return bad(
        seen,
        "Ask for more in the Service Quotas console (new accounts: some hours), or use your own "
        "VpcId"
        if quota.service == "vpc"
        else "Ask for more in the Service Quotas console",
        about=quota.about,
    )
