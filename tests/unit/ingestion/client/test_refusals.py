"""What a refusal of Wistia says, whatever its body is."""

import json

import pytest

from ingestion.client import refusals
from ingestion.client.http import WistiaClient
from ingestion.errors import (
    WistiaForbidden,
    WistiaUnauthorized,
)
from tests.support.wistia_clients import TOKEN, get, is_fit_for_a_mail
from wistia_simulator.testing import Faults, Simulator


def _refusal(content: bytes, path: str = "/modern/stats/events", status: int = 401) -> str:
    kind, words = refusals.explain(status, {}, content, path, token=TOKEN)
    assert kind is {401: WistiaUnauthorized, 403: WistiaForbidden}[status]
    return words


def test_a_token_without_a_scope_is_told_which_one_is_missing(
    simulator: Simulator, client: WistiaClient
) -> None:
    """GIVEN a token that may not read statistics WHEN events are requested THEN the error contains the scope."""
    simulator.faults = Faults(token_without_stats=True)
    with pytest.raises(WistiaUnauthorized) as caught:
        get(client)
    text = str(caught.value)
    assert text.startswith("The token lacks the permission 'Read detailed stats'")
    assert "Wistia says: Token lacks the permission: Read detailed stats" in text
    assert "make redrive WISTIA_API_TOKEN=…" in text
    assert TOKEN not in text


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/modern/stats/events", "Read detailed stats"),
        ("/v1/stats/medias/abc/by_date.json", "Read detailed stats"),
        ("/modern/analytics/medias/abc/timeseries", "Read detailed stats"),
        ("/modern/medias", "Read all folder and media data"),
        ("/modern/deleted_media", "Read all folder and media data"),
        ("/modern/folders/stats-folder", "Read all folder and media data"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_the_missing_scope_is_the_one_of_the_address(
    path: str, permission: str, status: int
) -> None:
    words = _refusal(b'{"code": "unauthorized_scope", "error": ""}', path, status)
    assert words.startswith(f"The token lacks the permission '{permission}'")
    other = _refusal(b'{"error": "Your plan does not include this"}', path, status)
    assert f"lacks the permission '{permission}'" in other
    assert "(Wistia says: Your plan does not include this)" in other


def test_nobody_is_told_to_do_without_the_list_of_medias() -> None:
    assert "INGEST_STREAMS" in _refusal(b"", "/modern/analytics/medias/abc/timeseries", 403)
    assert "INGEST_STREAMS" not in _refusal(b"", "/modern/medias", 403)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("unauthorized_credentials", "it is wrong, expired or revoked"),
        ("account_inactive", "its account is not active"),
        ("unauthorized_params", "it may not be used with these parameters"),
        ("something_new", "lacks the permission 'Read detailed stats'"),
    ],
)
def test_each_code_of_a_401_has_its_own_message(code: str, says: str) -> None:
    words = _refusal(f'{{"code": "{code}", "error": "what Wistia says"}}'.encode())
    assert words.startswith("Wistia refused the token: ")
    assert says in words
    assert "(Wistia says: what Wistia says)" in words


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Unauthorized",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"{",
        b'{"code": 7, "error": {}}',
        b"[" * 9999,
    ],
)
def test_any_body_of_a_refusal_gives_a_message(content: bytes, status: int) -> None:
    assert "permission 'Read detailed stats'" in _refusal(content, status=status)


def test_a_long_answer_is_quoted_in_part() -> None:
    content = json.dumps({"code": "unauthorized_scope", "error": "x\n" * 5000}).encode()
    assert len(_refusal(content)) < 1000
    assert "\n" not in _refusal(content)


# What a server may put into its answer, and what must not get into a log or break it.
SAID = [
    f"unknown token {TOKEN}",
    "the owner is jane.doe@example.com at 203.0.113.9",
    "\x1b[2J\x07gone\x00",
    "half a pair: \ud800",
    "\u202eflow \u2028line",
    "x" * 150 + TOKEN + "x" * 150,
]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("said", SAID)
def test_a_refusal_repeats_no_secret_and_nothing_that_cannot_be_printed(
    said: str, status: int
) -> None:
    for code in ("unauthorized_scope", "unauthorized_credentials", said):
        assert is_fit_for_a_mail(
            _refusal(json.dumps({"code": code, "error": said}).encode(), status=status)
        )
