"""Puts real crawls behind moto's Glue API."""

import json
import logging
import threading
from datetime import datetime
from statistics import median
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import CrawlerNotRunningException, CrawlerRunningException
from moto.glue.models import FakeCrawl, FakeCrawler, glue_backends
from moto.glue.responses import GlueResponse

from localaws.context import ServerContext
from localaws.context.aws_client import aws_client
from localaws.context.cloudwatch_logs import LogStream, as_identity
from localaws.credentials import Identity
from localaws.glue_crawlers.crawl import CrawlStoppedError, Findings, Policy, TableCrawl
from localaws.glue_crawlers.discovery import find_tables, table_input

logger = logging.getLogger(__name__)
_ACTIVE = frozenset({"RUNNING", "STOPPING"})
_LAST_CRAWL_STATUS = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED", "FAILED": "FAILED"}
SESSION_NAME = "AWS-Crawler"
"""What Glue calls the session of a crawler's role."""
_LOST = "The localaws server ended while this crawl was running"


class CrawlerExecutor:
    """Runs the crawlers of this AWS, each crawl in a thread of its own.

    Parameters
    ----------
    context
        The server whose catalog and buckets they read.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._stops: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def start(self, crawler: FakeCrawler) -> None:
        """Begin a crawl.

        Raises
        ------
        CrawlerRunningException
            The crawler is running already.
        """
        with self._lock:
            if crawler.crawls and crawler.crawls[-1].status in _ACTIVE:
                raise CrawlerRunningException(
                    f"Crawler with name {crawler.name} has already started"
                )
            crawl = FakeCrawl(crawler.name)
            # moto would end a crawl by itself when somebody looks at it.
            crawl._transitions = []
            crawler.crawls.append(crawl)
            stop = self._stops[crawl.crawl_id] = threading.Event()
        threading.Thread(
            target=self._run, args=(crawler, crawl, stop), name=f"crawl-{crawler.name}", daemon=True
        ).start()

    def stop(self, crawler: FakeCrawler) -> None:
        """Ask the running crawl to stop.

        Raises
        ------
        CrawlerNotRunningException
            There is none.
        """
        with self._lock:
            crawl = crawler.crawls[-1] if crawler.crawls else None
            if crawl is None or crawl.status not in _ACTIVE:
                raise CrawlerNotRunningException(f"Crawler with name {crawler.name} isn't running")
            crawl.status = "STOPPING"
            self._stops[crawl.crawl_id].set()

    def _run(self, crawler: FakeCrawler, crawl: FakeCrawl, stop: threading.Event) -> None:
        log: LogStream | None = None
        findings = Findings()

        def report(text: str) -> None:
            if log is not None:
                log.write([f"[{crawl.crawl_id}] {text}"])

        try:
            identity = self._session(crawler)
            log = LogStream(
                crawler.backend.account_id,
                crawler.backend.region_name,
                crawl.log_group,
                crawler.name,
                as_identity(self._context.access, identity),
            )
            report(f"BENCHMARK : Running Start Crawl for Crawler {crawler.name}")
            self._crawl(crawler, identity, findings, stop, report)
            status, message = "COMPLETED", "; ".join(findings.conflicts)
        except CrawlStoppedError:
            status, message = "STOPPED", ""
        # The thread is the only one who can tell the caller: a crawl must never stay RUNNING.
        except Exception as error:
            logger.exception("Crawl of %s failed", crawler.name)
            status, message = "FAILED", f"{type(error).__name__}: {error}"
            report(f"ERROR : {message}")
        report(
            f"BENCHMARK : Crawler has finished running and is in state READY; tables created "
            f"{findings.tables_created}, updated {findings.tables_updated}; partitions added "
            f"{findings.partitions_added}, updated {findings.partitions_updated}, deleted "
            f"{findings.partitions_deleted}"
        )
        with self._lock:
            crawl.findings = findings
            crawl.error_message = message
            crawl.end_time = utcnow()
            crawl.status = status
            self._stops.pop(crawl.crawl_id, None)

    def _session(self, crawler: FakeCrawler) -> Identity:
        role, account_id = str(crawler.role), crawler.backend.account_id
        role_arn = role if role.startswith("arn:") else f"arn:aws:iam::{account_id}:role/{role}"
        arn = f"arn:aws:glue:{crawler.backend.region_name}:{account_id}:crawler/{crawler.name}"
        return self._context.access.role_session(role_arn, "glue.amazonaws.com", SESSION_NAME, arn)

    def _crawl(
        self,
        crawler: FakeCrawler,
        identity: Identity,
        findings: Findings,
        stop: threading.Event,
        report: Any,
    ) -> None:
        region = crawler.backend.region_name
        s3 = aws_client(self._context, "s3", region, identity)
        glue = aws_client(self._context, "glue", region, identity)
        policy = _policy(crawler)
        seen = crawler.__dict__.setdefault("seen", {})

        def visit(database: str, table: dict[str, Any]) -> None:
            TableCrawl(s3, glue, database, table, policy, seen, findings, stop, report).run()

        for target in crawler.targets.get("CatalogTargets") or []:
            for name in target["Tables"]:
                database = target["DatabaseName"]
                visit(database, glue.get_table(DatabaseName=database, Name=name)["Table"])
        for target in crawler.targets.get("S3Targets") or []:
            database = crawler.database_name
            existing = _tables_by_location(glue, database)
            for found in find_tables(s3, target["Path"], crawler.table_prefix or ""):
                table = existing.get(found.location.rstrip("/"))
                if table is None:
                    table = table_input(s3, found, crawler.name)
                    glue.create_table(DatabaseName=database, TableInput=table)
                    findings.tables_created += 1
                    report(f"INFO : Created table {found.name} in database {database}")
                visit(database, table)

    def fail_lost_crawls(self) -> None:
        """Mark what a killed server left running."""
        for account in glue_backends.values():
            for backend in account.values():
                for crawler in backend.crawlers.values():
                    for crawl in crawler.crawls:
                        if crawl.status in _ACTIVE and crawl.crawl_id not in self._stops:
                            crawl.error_message, crawl.end_time = _LOST, utcnow()
                            crawl.status = "FAILED"


def _policy(crawler: FakeCrawler) -> Policy:
    schema = crawler.schema_change_policy or {}
    recrawl = (crawler.recrawl_policy or {}).get("RecrawlBehavior")
    configuration = crawler.configuration or "{}"
    parsed = json.loads(configuration) if isinstance(configuration, str) else configuration
    output = parsed.get("CrawlerOutput", {})
    return Policy(
        update=schema.get("UpdateBehavior") or "UPDATE_IN_DATABASE",
        delete=schema.get("DeleteBehavior") or "DEPRECATE_IN_DATABASE",
        merge_new_columns=_behavior(output, "Tables") == "MergeNewColumns",
        inherit=_behavior(output, "Partitions") == "InheritFromTable",
        new_folders_only=recrawl == "CRAWL_NEW_FOLDERS_ONLY",
    )


def _behavior(output: dict[str, Any], part: str) -> str | None:
    behavior: str | None = output.get(part, {}).get("AddOrUpdateBehavior")
    return behavior


def _tables_by_location(glue: Any, database: str) -> dict[str, dict[str, Any]]:
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return {
        str(table.get("StorageDescriptor", {}).get("Location", "")).rstrip("/"): table
        for page in pages
        for table in page["TableList"]
    }


def _state(crawler: FakeCrawler) -> str:
    status = crawler.crawls[-1].status if crawler.crawls else "READY"
    return str(status) if status in _ACTIVE else "READY"


def _last_crawl(crawler: FakeCrawler) -> dict[str, Any] | None:
    ended = [crawl for crawl in crawler.crawls if crawl.status not in _ACTIVE]
    if not ended:
        return None
    crawl = ended[-1]
    message = getattr(crawl, "error_message", "")
    return {
        "Status": _LAST_CRAWL_STATUS[crawl.status],
        "LogGroup": crawl.log_group,
        "LogStream": crawl.log_stream,
        "MessagePrefix": crawl.message_prefix,
        "StartTime": crawl.start_time,
        **({"ErrorMessage": message} if message else {}),
    }


def _elapsed_milliseconds(crawler: FakeCrawler) -> int:
    if _state(crawler) == "READY":
        return 0
    started: datetime = crawler.crawls[-1].start_time
    return int((utcnow() - started).total_seconds() * 1000)


def _metrics(crawler: FakeCrawler) -> dict[str, Any]:
    ended = [crawl for crawl in crawler.crawls if crawl.end_time is not None]
    seconds = [(crawl.end_time - crawl.start_time).total_seconds() for crawl in ended]
    all_findings = [getattr(crawl, "findings", Findings()) for crawl in ended]
    return {
        "CrawlerName": crawler.name,
        "TimeLeftSeconds": 0.0,
        "StillEstimating": False,
        "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
        "MedianRuntimeSeconds": median(seconds) if seconds else 0.0,
        "TablesCreated": sum(findings.tables_created for findings in all_findings),
        "TablesUpdated": sum(findings.tables_updated for findings in all_findings),
        "TablesDeleted": sum(findings.tables_deleted for findings in all_findings),
    }


def install(context: ServerContext) -> None:
    """Make moto's crawls real ones."""
    executor = CrawlerExecutor(context)
    as_dict = FakeCrawler.as_dict

    def describe(crawler: FakeCrawler) -> dict[str, Any]:
        description: dict[str, Any] = as_dict(crawler)
        description.pop("LastCrawl", None)
        description["State"] = _state(crawler)
        description["CrawlElapsedTime"] = _elapsed_milliseconds(crawler)
        if (last := _last_crawl(crawler)) is not None:
            description["LastCrawl"] = last
        return description

    def start(crawler: FakeCrawler) -> None:
        executor.start(crawler)

    def stop(crawler: FakeCrawler) -> None:
        executor.stop(crawler)

    def get_crawler_metrics(response: GlueResponse) -> ActionResult:
        wanted = response.parameters.get("CrawlerNameList")
        crawlers = response.glue_backend.get_crawlers()
        return ActionResult(
            {
                "CrawlerMetricsList": [
                    _metrics(crawler)
                    for crawler in crawlers
                    if not wanted or crawler.name in wanted
                ]
            }
        )

    FakeCrawler.start_crawler = start
    FakeCrawler.stop_crawler = stop
    FakeCrawler.status = property(_state)
    FakeCrawler.as_dict = describe
    GlueResponse.get_crawler_metrics = get_crawler_metrics
    context.on_start(executor.fail_lost_crawls)
