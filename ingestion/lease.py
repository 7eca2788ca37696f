"""One run at a time: a lease in the bucket, taken by Plan and released by Commit.

A second execution stops with ``RunInProgress`` instead of waiting: it would ingest the same window
again, and the scheduler tries the next night anyway.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from ingestion import layout
from ingestion.errors import LeaseLost, RunInProgress
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json
from ingestion.timestamps import format_timestamp, parse_timestamp, utc_now

LEASE_DURATION = timedelta(hours=4)


def acquire_lease(
    store: ObjectStore,
    run_id: str,
    execution_id: str,
    *,
    is_running: Callable[[str], bool],
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Take the lease, or renew it for the same run.

    Parameters
    ----------
    is_running
        Returns whether an execution still runs: the lease of an aborted one is taken over at once
        instead of after its four hours.

    Raises
    ------
    RunInProgress
        Another run holds it.
    """

    def taken(current: Json | None) -> Json | None:
        if current is not None and current["run_id"] not in {None, run_id}:
            holder, expires_at = current["execution_id"], parse_timestamp(current["expires_at"])
            if expires_at > now() and is_running(holder):
                raise RunInProgress(
                    f"Run {current['run_id']} (execution {holder}) holds the lease until "
                    f"{current['expires_at']}. Wait for it, or abort it, then start this one again."
                )
        return {
            "run_id": run_id,
            "execution_id": execution_id,
            "expires_at": format_timestamp(now() + LEASE_DURATION),
        }

    store.update_json(layout.LEASE, taken)


def renew_lease(store: ObjectStore, run_id: str, *, now: Callable[[], datetime] = utc_now) -> None:
    """Extend the lease if half of its time has passed.

    Raises
    ------
    LeaseLost
        Another run has it.
    """

    def renewed(current: Json | None) -> Json | None:
        if current is None or current["run_id"] != run_id:
            holder = None if current is None else current["run_id"]
            raise LeaseLost(
                f"Run {run_id} no longer holds the lease ({holder or 'nobody'} does). "
                "Start a new execution for the same as_of when the other one has ended."
            )
        if parse_timestamp(current["expires_at"]) - now() > LEASE_DURATION / 2:
            return None
        return current | {"expires_at": format_timestamp(now() + LEASE_DURATION)}

    store.update_json(layout.LEASE, renewed)


def release_lease(store: ObjectStore, run_id: str) -> bool:
    """Release the lease and return whether this run held it."""

    def released(current: Json | None) -> Json | None:
        if current is None or current["run_id"] != run_id:
            return None
        return current | {"run_id": None}

    return store.update_json(layout.LEASE, released) is not None
