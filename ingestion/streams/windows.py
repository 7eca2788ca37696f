"""How a window is requested, by the rule of each endpoint."""

from datetime import date, datetime, timedelta

from ingestion.declarations import WindowRule
from ingestion.payloads import Window
from ingestion.timestamps import last_date_before

RETENTION_DAYS = 730  # events and analytics go back two years
ASKED_WIDER = timedelta(days=1)


def oldest_served(as_of: datetime) -> date:
    """Return the oldest day for which the API serves events and analytics."""
    return (as_of - timedelta(days=RETENTION_DAYS)).date()


def window_params(rule: WindowRule, window: Window, as_of: datetime) -> dict[str, str]:
    """Return the date parameters of a window.

    The events endpoint documents neither the time zone of its dates nor whether they are inclusive:
    the request is one day wider on both sides, and rows are cut on ``received_at`` afterwards.
    """
    oldest = oldest_served(as_of)
    first, last = window.start.date(), last_date_before(window.end)
    if rule is WindowRule.SNAPSHOT:
        return {}
    if rule is WindowRule.RECEIVED_AT:
        first = max(oldest, (window.start - ASKED_WIDER).date())
        last = (window.end + ASKED_WIDER).date()
    elif rule is WindowRule.EXCLUSIVE_END:
        first = max(oldest, first)
        last = last + timedelta(days=1)
    return {"start_date": first.isoformat(), "end_date": last.isoformat()}
