"""Register: makes sure that the catalog has every partition of staging after the crawl.

A crawler can succeed and register nothing: it marks a table that differs from its files as
deprecated and leaves it. The marts would then be built from yesterday's data, or from none.
"""

from collections.abc import Mapping
from typing import Any

from ingestion import layout
from ingestion.catalog import StagingCatalog
from ingestion.errors import CrawlIncomplete
from ingestion.handlers.runtime import Services, aws_client, logger
from ingestion.payloads import Json, RunPlan, required


def handler(event: Json, context: Any) -> Json:
    """Compare the catalog with staging.

    Parameters
    ----------
    event
        ``{"plan": …}``.

    Returns
    -------
    ``{"run_id", "registered", "updated", "deprecated"}``: numbers of partitions that the crawler
    left out or left with old columns, and the tables that it no longer updates.
    """
    services = Services.of(context)
    catalog = StagingCatalog(
        aws_client("glue"),
        aws_client("s3"),
        services.settings.staging_database,
        services.settings.data_bucket,
    )
    return register(event, services, catalog)


def register(event: Json, services: Services, catalog: StagingCatalog) -> Json:
    """Register what the crawler left out.

    Raises
    ------
    CrawlIncomplete
        A partition that the run wrote cannot be registered, or the job left no account of it.
    """
    plan = RunPlan.from_json(required(event, "plan"))
    logger.append_keys(run_id=plan.run_id)
    found = catalog.reconcile(_written(services, plan))
    for entry in found:
        logger.warning(
            "the crawler left a table behind",
            extra={
                "table": entry.table,
                "registered": entry.missing,
                "updated": entry.outdated,
                "deprecated": entry.is_deprecated,
            },
        )
    return {
        "run_id": plan.run_id,
        "registered": sum(len(entry.missing) for entry in found),
        "updated": sum(len(entry.outdated) for entry in found),
        "deprecated": [entry.table for entry in found if entry.is_deprecated],
    }


def _written(services: Services, plan: RunPlan) -> Mapping[str, list[str]]:
    """Return the partitions that the normalize job wrote, by table."""
    key = layout.normalize_key(plan.run_id)
    found = services.store.read_json(key)
    if found is None:
        raise CrawlIncomplete(
            f"s3://{services.settings.data_bucket}/{key} is missing: the normalize job did not say "
            "what it wrote. Start a new night for the same as_of."
        )
    streams: Mapping[str, Json] = found[0]["streams"]
    return {stream: list(account["partitions"]) for stream, account in streams.items()}
