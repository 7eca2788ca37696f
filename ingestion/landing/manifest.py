"""One manifest per run and stream: written last, it makes the files visible."""

from dataclasses import dataclass, field
from datetime import datetime

from ingestion import layout
from ingestion.declarations import STREAMS, Paging, WindowRule
from ingestion.errors import RunAlreadySealed, SealIncomplete
from ingestion.landing.content import Content, combined
from ingestion.landing.parts import Part, read_parts
from ingestion.landing.refused import Refused
from ingestion.landing.refused import combined as refused_by_all
from ingestion.manifest import LandedFile, Manifest
from ingestion.object_store import ObjectStore, PreconditionFailed
from ingestion.payloads import Json, RunPlan, Task, Window, union
from ingestion.timestamps import format_timestamp, parse_timestamp, utc_now


@dataclass
class StreamResult:
    """What a run landed for one stream."""

    stream: str
    window: Window
    parts: list[Part] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Landed rows."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Landed bytes, compressed."""
        return sum(file.bytes for file in self.files)

    @property
    def files(self) -> tuple[LandedFile, ...]:
        """Files that become visible, in task order."""
        # A snapshot that was refused midway is incomplete: the rows that it lacks would count as
        # deleted, and it would replace a complete one of the same night.
        if self.unavailable and STREAMS[self.stream].window is WindowRule.SNAPSHOT:
            return ()
        return tuple(file for part in self.parts for file in part.files)

    @property
    def requests(self) -> int:
        """Requests it took, retries included."""
        return sum(part.requests for part in self.parts)

    @property
    def throttles(self) -> int:
        """Answers with 429."""
        return sum(part.throttles for part in self.parts)

    @property
    def newest_received_at(self) -> datetime | None:
        """Time of the newest row that was read, landed or not; None if no row has a time."""
        times = [part.newest_received_at for part in self.parts if part.newest_received_at]
        return max(map(parse_timestamp, times), default=None)

    @property
    def unavailable(self) -> str | None:
        """Reason an optional stream was unavailable, if it was."""
        return next((part.unavailable for part in self.parts if part.unavailable), None)

    @property
    def refused(self) -> Refused:
        """Medias that were refused one by one."""
        return refused_by_all(part.refused for part in self.parts)

    @property
    def left_out(self) -> dict[str, str]:
        """Lists of the stream that the server does not serve, each with the reason."""
        return {label: reason for part in self.parts for label, reason in part.left_out.items()}

    @property
    def is_partial(self) -> bool:
        """Return whether rows may be missing, so that a missing row does not count as deleted."""
        return bool(self.left_out) or any(part.is_unstable for part in self.parts)

    @property
    def is_empty_snapshot(self) -> bool:
        """Return whether it is a list that was read to its end and is empty."""
        stream = STREAMS[self.stream]
        is_list = stream.paging is not Paging.PER_MEDIA and stream.window is WindowRule.SNAPSHOT
        return is_list and bool(self.parts) and not self.rows and not self.unavailable

    @property
    def content(self) -> Content:
        """Fingerprints of all that was read, landed or not."""
        return combined(part.content for part in self.parts)

    def summary(self, *, is_new: bool) -> Json:
        """Return the entry in seal's output."""
        return {
            "rows": self.rows,
            "files": len(self.files),
            "bytes": self.bytes,
            "requests": self.requests,
            "new_data": is_new,
            "unavailable": self.unavailable,
            "refused": self.refused.to_json(),
            "left_out": self.left_out,
        }


def results_of(store: ObjectStore, plan: RunPlan) -> dict[str, StreamResult]:
    """Return what the finished tasks of a run landed, by stream.

    Raises
    ------
    SealIncomplete
        There is no plan, or a task has not finished.
    """
    key = layout.plan_key(plan.run_id)
    found = store.read_json(key)
    if found is None:
        raise SealIncomplete(
            f"Run {plan.run_id} has no plan: s3://{store.bucket}/{key} is missing. Run Plan first."
        )
    # A stream without a task (no media yet) was ingested too: there was nothing to fetch.
    results = {name: StreamResult(name, plan.window) for name in plan.streams}
    windows: dict[str, list[Window]] = {}
    for task in map(Task.from_json, found[0]["tasks"]):
        windows.setdefault(task.stream, []).append(task.window)
        results[task.stream].window = union(windows[task.stream])
        results[task.stream].parts.extend(read_parts(store, plan, task))
    return results


def write_manifest(
    store: ObjectStore, plan: RunPlan, result: StreamResult, api_version: str
) -> str:
    """Make a stream's files visible and return the manifest's key; repeating it changes nothing.

    Raises
    ------
    RunAlreadySealed
        The run has a manifest that lists other files.
    """
    key = layout.manifest_key(result.stream, plan.ingest_date, plan.run_id)
    # Lists are always read whole; streams that are requested per media cover only some.
    is_about_some = plan.is_narrowed or result.refused.says_nothing_of_some
    manifest = Manifest(
        run_id=plan.run_id,
        stream=result.stream,
        files=result.files,
        as_of=plan.as_of,
        window=result.window,
        is_narrowed=is_about_some and STREAMS[result.stream].is_narrowed_by_media,
        is_partial=result.is_partial,
        requests=result.requests,
        api_version=api_version,
        created_at=utc_now(),
    ).to_json()
    try:
        store.write_json(key, manifest, if_absent=True)
    except PreconditionFailed:
        current = store.read_json(key)
        if current is None or current[0]["files"] != manifest["files"]:
            raise RunAlreadySealed(
                f"s3://{store.bucket}/{key} already lists other files. Landed files are immutable: "
                "start a new execution for the same as_of instead."
            ) from None
    return key


def is_sealed(store: ObjectStore, plan: RunPlan, stream: str) -> bool:
    """Return whether the run's files of a stream are visible already."""
    key = layout.manifest_key(stream, plan.ingest_date, plan.run_id)
    return store.describe(key) is not None


def move_events_pointer(store: ObjectStore, plan: RunPlan, manifest: str, rows: int) -> None:
    """Point ``latest_event_file.json`` at this run, unless it already points at a later night."""
    as_of = format_timestamp(plan.as_of)
    document = {"run_id": plan.run_id, "manifest": manifest, "rows": rows, "as_of": as_of}

    def newer(current: Json | None) -> Json | None:
        if current is not None and current["as_of"] > as_of:
            return None
        return document

    store.update_json(layout.EVENTS_POINTER, newer)
