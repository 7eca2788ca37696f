"""The figures of a run that alarms watch, each emitted once, by Seal."""

from collections.abc import Collection, Mapping

from ingestion.landing.manifest import StreamResult
from ingestion.payloads import RunPlan

EVENTS = "events"


def figures_of(
    plan: RunPlan,
    results: Mapping[str, StreamResult],
    new: Collection[str],
    *,
    is_about_account: bool,
) -> dict[str, float]:
    """Return the figures of a run.

    A backfill reads old days, and a run for some medias knows nothing of the others: neither says
    how fresh the account's events are, so they have no ``NewRows`` and no ``LagSeconds``.

    Parameters
    ----------
    plan
        The run.
    results
        What it landed, by stream.
    new
        Streams with data that no earlier run processed.
    is_about_account
        Whether it asked for everything that the account's nights ask for.

    Returns
    -------
    dict
        ``RunThrottles``: answers with 429. ``NewRows``: landed rows of events, if they are new; of
        all streams if events are switched off. ``LagSeconds``: age of the newest event at the
        run's own time, so that a late or repeated night is no older than it was; left out if no
        event was read.
    """
    figures: dict[str, float] = {"RunThrottles": sum(item.throttles for item in results.values())}
    if plan.is_backfill or not is_about_account:
        return figures
    watched = [EVENTS] if EVENTS in results else list(results)
    figures["NewRows"] = sum(results[name].rows for name in watched if name in new)
    newest = results[EVENTS].newest_received_at if EVENTS in results else None
    if newest is not None:
        figures["LagSeconds"] = max(0.0, (plan.as_of - newest).total_seconds())
    return figures
