"""A client of Wistia that does not really wait, and what it is asked."""

from ingestion.client.http import WistiaClient
from ingestion.client.request_slots import NoLimit
from ingestion.deadline import Deadline

TOKEN = "secret-token-of-the-account"
EVENTS = "/modern/stats/events"


def connect(base_url: str, sleeps: list[float], token: str = TOKEN) -> WistiaClient:
    return WistiaClient(
        base_url,
        token,
        api_version="2026-09",
        limit=NoLimit(sleep=sleeps.append),
        timeout_seconds=0.5,
        max_attempts=4,
        sleep=sleeps.append,
    )


def get(client: WistiaClient, path: str = EVENTS, seconds: float = 300.0) -> int:
    reply = client.get(
        path,
        {"per_page": "100"},
        stream="events",
        media_id="abcdefghij",
        deadline=Deadline(seconds),
        array=True,
    )
    return len(reply.rows)


def is_fit_for_a_mail(text: str) -> bool:
    secrets = (TOKEN, TOKEN[:20], "jane.doe", "203.0.113.9")
    return text.isprintable() and not any(secret in text for secret in secrets)
