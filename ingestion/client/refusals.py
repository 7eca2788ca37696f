"""Explains why Wistia refused a request for good, and what to do about it."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from ingestion.errors import (
    WistiaBadRequest,
    WistiaError,
    WistiaForbidden,
    WistiaNotFound,
    WistiaRedirected,
    WistiaUnauthorized,
)
from ingestion.redaction import quotable

Refusal = tuple[type[WistiaError], str]

STATS_PERMISSION = "Read detailed stats"
MEDIA_PERMISSION = "Read all folder and media data"

_STATS_PARTS = {"stats", "analytics"}
_REDRIVE = "Then `make redrive WISTIA_API_TOKEN=…` stores it in the secret and continues the night."
# Codes from the published document (2026-01).
_SCOPE = "unauthorized_scope"
_WHY_UNAUTHORIZED = {
    "unauthorized_credentials": "it is wrong, expired or revoked",
    "account_inactive": "its account is not active",
    "unauthorized_params": "it may not be used with these parameters",
}
_PERMANENT: dict[int, Refusal] = {
    404: (WistiaNotFound, "Wistia has no such media or endpoint. Check the media id."),
}
_OTHER: Refusal = (
    WistiaBadRequest,
    "Wistia refused the request, and repeating it would not help. Check WISTIA_API_VERSION.",
)


def explain(
    status: int, headers: Mapping[str, str], content: bytes, path: str, *, token: str
) -> Refusal:
    """Return the error class and the message for an answer that a retry would not change.

    Parameters
    ----------
    status, headers, content
        Status, headers and body of the answer.
    path
        The requested path, which determines the permission that it needs.
    token
        The token that was sent: the answer may repeat it, the message must not.
    """
    if status == 401:
        return WistiaUnauthorized, _unauthorized(content, path, token)
    if status == 403:
        return WistiaForbidden, _forbidden(content, path, token)
    if 300 <= status < 400:
        return _redirected(headers)
    return _PERMANENT.get(status, _OTHER)


def permission_for(path: str) -> str:
    """Return the permission that a path needs, as Wistia's token page calls it.

    Examples
    --------
    >>> permission_for("/modern/stats/events")
    'Read detailed stats'
    """
    return STATS_PERMISSION if _STATS_PARTS & set(path.split("/")) else MEDIA_PERMISSION


def _unauthorized(content: bytes, path: str, token: str) -> str:
    code, quoted = _code_and_words(content, token)
    needed = permission_for(path)
    if code == _SCOPE:
        return _without_scope(needed, quoted)
    why = _WHY_UNAUTHORIZED.get(
        code, f"it is wrong, expired, revoked or lacks the permission '{needed}'"
    )
    return (
        f"Wistia refused the token: {why}{quoted}. Create a valid one in Wistia's account "
        f"settings. {_REDRIVE}"
    )


def _forbidden(content: bytes, path: str, token: str) -> str:
    code, quoted = _code_and_words(content, token)
    needed = permission_for(path)
    if code == _SCOPE:
        return _without_scope(needed, quoted)
    # Every account has its list of medias; statistics depend on the plan.
    without = ", or remove the stream from INGEST_STREAMS" if needed == STATS_PERMISSION else ""
    return (
        f"Wistia does not let this token read this address{quoted}: the token lacks the permission "
        f"'{needed}', or the account's plan does not include it. Create a token with that "
        f"permission in Wistia's account settings{without}. {_REDRIVE}"
    )


def _without_scope(needed: str, quoted: str) -> str:
    return (
        f"The token lacks the permission '{needed}', which this address needs{quoted}. Create a "
        f"token with '{MEDIA_PERMISSION}' and '{STATS_PERMISSION}' in Wistia's account "
        f"settings. {_REDRIVE}"
    )


def _code_and_words(content: bytes, token: str) -> tuple[str, str]:
    """Return code and text of a refusal; empty if the body, which may be plain text, has none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    said = quotable(str(body.get("error") or ""), token)
    return str(body.get("code") or ""), f" (Wistia says: {said})" if said else ""


def _redirected(headers: Mapping[str, str]) -> Refusal:
    host = _host_of(headers.get("Location", ""))
    return (
        WistiaRedirected,
        (
            f"The server redirects to {host}; redirects are not followed, because the token would "
            "be sent along. Set WISTIA_API_BASE_URL to the API's real address."
        ),
    )


def _host_of(location: str) -> str:
    """Return host and port without user and password."""
    try:
        host = urlsplit(location).netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    return quotable(host) or "another path"
