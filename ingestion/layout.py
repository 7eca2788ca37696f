"""Keys in the data bucket. Standard library only: the normalize job uses this too."""

EVENTS_POINTER = "raw_data/events/latest_event_file.json"
LEASE = "state/lease.json"
REQUEST_SLOTS = "state/request_slots.json"


def run_prefix(stream: str, ingest_date: str, run_id: str) -> str:
    """Return the prefix of one run's files of one stream."""
    return f"raw_data/{stream}/ingest_date={ingest_date}/run_id={run_id}/"


def manifest_key(stream: str, ingest_date: str, run_id: str) -> str:
    """Return the key of the manifest that makes a run's files visible."""
    return f"{run_prefix(stream, ingest_date, run_id)}manifest.json"


def plan_key(run_id: str) -> str:
    """Return the key of the full plan, tasks included."""
    return f"state/runs/{run_id}/plan.json"


def media_ids_key(run_id: str) -> str:
    """Return the key of the list of media ids that the run pulls."""
    return f"state/runs/{run_id}/media_ids.json"


def known_key(run_id: str) -> str:
    """Return the key of what was processed before the run began."""
    return f"state/runs/{run_id}/known.json"


def part_key(run_id: str, task_id: str, step: int) -> str:
    """Return the key of what one invocation of a task landed."""
    return f"state/runs/{run_id}/parts/{task_id}-{step:04d}.json"


def normalize_key(run_id: str) -> str:
    """Return the key of the normalize job's account of the run."""
    return f"state/runs/{run_id}/normalize.json"


def watermark_key(stream: str) -> str:
    """Return the key of a stream's watermark."""
    return f"state/watermarks/{stream}.json"
