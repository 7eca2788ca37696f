"""What the functions share: clients, the token, the logger, the metrics."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)
from botocore.exceptions import BotoCoreError, ClientError

from ingestion import layout
from ingestion.client.http import RequestCounts, WistiaClient
from ingestion.client.request_slots import NoLimit, RequestLimit, RequestSlots
from ingestion.client.token import flaw_of_token
from ingestion.deadline import Deadline
from ingestion.errors import InvalidSettings
from ingestion.object_store import ObjectStore
from ingestion.redaction import redact
from ingestion.settings import Settings
from ingestion.timestamps import utc_now

METRICS_NAMESPACE = "WistiaPipeline"
SERVICE = "ingestion"


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Powertools' JSON lines without secrets and viewers, tracebacks included."""

    def serialize(self, log: Any) -> str:
        """Return one line, redacted."""
        return redact(super().serialize(log))


logger = Logger(service=SERVICE, logger_formatter=RedactingFormatter())


@dataclass(frozen=True)
class Services:
    """What one invocation needs.

    Attributes
    ----------
    connect
        Creates the Wistia client: not every invocation needs one and its token.
    now
        Returns the time that a run's dates are checked against.
    """

    settings: Settings
    store: ObjectStore
    connect: Callable[[], WistiaClient]
    deadline: Deadline
    now: Callable[[], datetime] = utc_now

    @classmethod
    def of(cls, context: Any) -> "Services":
        """Build them from the environment and Lambda's context."""
        settings = Settings.from_environment()
        store = ObjectStore(aws_client("s3"), settings.data_bucket)
        return cls(
            settings,
            store,
            lambda: wistia_client(settings, store),
            Deadline(context.get_remaining_time_in_millis() / 1000),
        )


def aws_client(service: str) -> Any:
    """Return a boto client; the endpoint comes from the standard ``AWS_ENDPOINT_URL``."""
    import boto3  # noqa: PLC0415 - half of the cold start; unit tests inject their own
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        retries={"max_attempts": 5, "mode": "standard"}, s3={"addressing_style": "path"}
    )
    connect: Any = boto3.client
    return connect(service, config=config)


def wistia_client(settings: Settings, store: ObjectStore) -> WistiaClient:
    """Return a client for the account, with the request limit that all functions share."""
    limit: RequestLimit = NoLimit()
    if settings.requests_per_minute:
        limit = RequestSlots(store, layout.REQUEST_SLOTS, settings.requests_per_minute)
    return WistiaClient(
        settings.base_url,
        wistia_token(settings),
        api_version=settings.api_version,
        limit=limit,
        timeout_seconds=settings.request_timeout_seconds,
        max_attempts=settings.max_attempts,
        on_request=log_request,
    )


def wistia_token(settings: Settings) -> str:
    """Return the API token: from the quick-start variable, or else from the secret.

    Raises
    ------
    InvalidSettings
        Neither is set, the secret cannot be read or has no token, or the token is not valid.
    """
    if settings.api_token:
        return _checked(settings.api_token, "the variable WISTIA_API_TOKEN")
    if not settings.token_secret_id:
        raise InvalidSettings(
            "There is no Wistia token: set WISTIA_TOKEN_SECRET_ID (or WISTIA_API_TOKEN "
            "for a trial)."
        )
    try:
        answer = aws_client("secretsmanager").get_secret_value(SecretId=settings.token_secret_id)
    except (ClientError, BotoCoreError) as error:
        raise InvalidSettings(
            f"Could not read the Wistia token from the secret {settings.token_secret_id}: {error} "
            "Check WISTIA_TOKEN_SECRET_ID and the function's role."
        ) from error
    token = _token_in(str(answer.get("SecretString", "")).strip())
    if not token:
        raise InvalidSettings(
            f"The secret {settings.token_secret_id} holds no token. Store the token itself, or "
            '{"token": "…"}.'
        )
    return _checked(token, f"the secret {settings.token_secret_id}")


def _token_in(secret: str) -> str:
    """Return the token in a secret, empty if there is none."""
    if not secret.startswith("{"):
        return secret
    try:
        token = json.loads(secret).get("token")
    except (ValueError, RecursionError):
        return ""
    return token.strip() if isinstance(token, str) else ""


def _checked(token: str, place: str) -> str:
    if flaw := flaw_of_token(token):
        raise InvalidSettings(
            f"The value of {place} is not a Wistia token: {flaw}. Copy the token again from "
            "Wistia's account settings, then `make redrive WISTIA_API_TOKEN=…`."
        )
    return token


def emit_stream_metrics(stream: str, *, rows: int, counts: RequestCounts) -> None:
    """Write one EMF document of what an invocation pulled, for the dashboard."""
    metrics = AmazonCloudWatchEMFProvider(namespace=METRICS_NAMESPACE, service=SERVICE)
    metrics.add_dimension(name="stream", value=stream)
    metrics.add_metric(name="Rows", unit=MetricUnit.Count, value=rows)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=counts.requests)
    metrics.add_metric(name="Retries", unit=MetricUnit.Count, value=counts.retries)
    metrics.add_metric(name="Throttles", unit=MetricUnit.Count, value=counts.throttles)
    metrics.add_metric(name="Bytes", unit=MetricUnit.Bytes, value=counts.bytes)
    metrics.flush_metrics()
    metrics.clear_metrics()


def emit_run_metrics(figures: Mapping[str, float]) -> None:
    """Write one EMF document of a run's figures, which the alarms watch.

    They have no dimension besides the service: an alarm looks at one figure a night, so it never
    adds up two nights, however its window is cut.
    """
    metrics = AmazonCloudWatchEMFProvider(namespace=METRICS_NAMESPACE, service=SERVICE)
    for name, value in figures.items():
        unit = MetricUnit.Seconds if name.endswith("Seconds") else MetricUnit.Count
        metrics.add_metric(name=name, unit=unit, value=value)
    metrics.flush_metrics()
    metrics.clear_metrics()


def log_request(request: dict[str, object]) -> None:
    """Log a request with its ``x-request-id``, which Wistia's support asks for."""
    write = logger.info if request["status"] == 200 else logger.warning
    write("wistia request", extra=request)
