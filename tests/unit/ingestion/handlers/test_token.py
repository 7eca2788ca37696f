"""A text that cannot be a token is refused with a reason, before it is sent or stored."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from ingestion.errors import InvalidSettings
from ingestion.handlers.runtime import wistia_token
from ingestion.settings import Settings

GOOD = "0123456789abcdef-_.~+/=!"
# Tokens damaged by copying, and the character that the error mentions.
FLAWED = [
    ("0123…cdef", "U+2026"),
    ("0123\u200bcdef", "U+200B"),
    ("\ufeff0123cdef", "U+FEFF"),
    ("0123\ncdef", "U+000A"),
    ("0123 cdef", "U+0020"),
    ("0123\u00a0cdef", "U+00A0"),
    ("0123\x7fcdef", "U+007F"),
    ("tökén", "U+00F6"),
]
SECRET = "wistia-analytics/wistia-token"


@pytest.fixture
def in_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name=SECRET)
        yield Settings(data_bucket="b", token_secret_id=SECRET)


def _put(value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=value)


@pytest.mark.parametrize("value", [GOOD, f" {GOOD}\n", json.dumps({"token": f" {GOOD} "})])
def test_a_token_is_taken_from_the_secret_without_the_blanks_around_it(
    value: str, in_secret: Settings
) -> None:
    _put(value)
    assert wistia_token(in_secret) == GOOD


@pytest.mark.parametrize(("token", "named"), FLAWED)
@pytest.mark.parametrize("form", ["plain", "json", "variable"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(
    token: str, named: str, form: str, in_secret: Settings
) -> None:
    settings = in_secret
    if form == "variable":
        settings = Settings(data_bucket="b", api_token=token)
    else:
        _put(token if form == "plain" else json.dumps({"token": token}))
    with pytest.raises(InvalidSettings, match="is not a Wistia token") as refused:
        wistia_token(settings)
    assert named in str(refused.value)
    assert ("WISTIA_API_TOKEN" if form == "variable" else SECRET) in str(refused.value)
    assert "cdef" not in str(refused.value)


@pytest.mark.parametrize(
    "value",
    ['{"token": null}', '{"token": 7}', '{"token": " "}', '{"token": {}}', "{}", "{abc", "{", " "],
)
def test_a_secret_without_a_token_says_what_to_store(value: str, in_secret: Settings) -> None:
    _put(value)
    with pytest.raises(InvalidSettings, match=r"holds no token\. Store the token itself"):
        wistia_token(in_secret)
