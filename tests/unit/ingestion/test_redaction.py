"""No token, e-mail, IP or heatmap link in a log line."""

import io
import json

import pytest
from aws_lambda_powertools.logging import Logger

from ingestion.handlers.runtime import RedactingFormatter
from ingestion.redaction import redact
from ingestion.settings import Settings

SECRETS = [
    "Bearer abc123DEF456",
    "jane.doe+news@mail.example.co.uk",
    "203.0.113.77",
    "2001:db8:85a3:0:0:8a2e:370:7334",
    "https://fast.wistia.net/embed/iframe/2qsp46ubn3?heatmap=1&public_token=018429813a16be",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_is_taken_out(secret: str) -> None:
    assert secret.removeprefix("Bearer ") not in redact(f'it said "{secret}", then stopped')


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:4566", "2026-03-02T02:00:00Z", "request_id=1-2.3.4", "version 1.2.3"]
)
def test_what_a_person_needs_stays(text: str) -> None:
    assert redact(text) == text


def test_log_lines_are_redacted_with_their_tracebacks() -> None:
    # GIVEN the functions' logger
    stream = io.StringIO()
    logger = Logger(service="redaction", logger_formatter=RedactingFormatter(), stream=stream)
    # WHEN secrets reach it in every possible way
    for secret in SECRETS:
        logger.warning(secret, extra={"nested": {"list": [secret]}})
        try:
            fail_with(secret)
        except ValueError:
            logger.exception("failed")
    # THEN no line has one, and each is still JSON
    written = stream.getvalue()
    for secret in SECRETS:
        assert secret.removeprefix("Bearer ") not in written
    assert len([json.loads(line) for line in written.splitlines()]) == 2 * len(SECRETS)


def fail_with(text: str) -> None:
    raise ValueError(text)


def test_settings_do_not_show_the_token() -> None:
    assert "abc123" not in repr(Settings(data_bucket="b", api_token="abc123"))
