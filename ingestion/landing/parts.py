"""What one invocation of a task landed: written last, so it lists only complete files."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingestion import layout
from ingestion.errors import SealIncomplete
from ingestion.landing.content import Content
from ingestion.landing.refused import Refused
from ingestion.manifest import LandedFile
from ingestion.object_store import ObjectStore
from ingestion.payloads import Continuation, Json, RunPlan, Task


@dataclass(frozen=True)
class Part:
    """The record of one invocation.

    Attributes
    ----------
    continues
        Digest of the continuation it started from: seal follows the chain, so a part of an earlier
        attempt never counts as the successor of a later one.
    content
        Fingerprints of all that was read, landed or not.
    unavailable
        Reason an optional stream was unavailable, if it was.
    refused
        Medias that were refused one by one.
    left_out
        Lists of the stream that the server does not serve, each with the reason.
    is_unstable
        A list changed during every pass over it, so a row may have been missed.
    """

    task_id: str
    stream: str
    step: int
    continues: str
    done: bool
    continuation: Json | None
    files: tuple[LandedFile, ...]
    requests: int
    rows: int
    content: Content = field(default_factory=dict)
    unavailable: str | None = None
    newest_received_at: str | None = None
    refused: Refused = field(default_factory=Refused)
    left_out: dict[str, str] = field(default_factory=dict)
    is_unstable: bool = False
    throttles: int = 0

    def to_json(self) -> Json:
        """Return the stored form."""
        return {
            "task_id": self.task_id,
            "stream": self.stream,
            "step": self.step,
            "continues": self.continues,
            "done": self.done,
            "continuation": self.continuation,
            "files": [file.to_json() for file in self.files],
            "requests": self.requests,
            "rows": self.rows,
            "content": self.content,
            "unavailable": self.unavailable,
            "newest_received_at": self.newest_received_at,
            "refused": self.refused.to_json(),
            "left_out": self.left_out,
            "is_unstable": self.is_unstable,
            "throttles": self.throttles,
        }

    @classmethod
    def from_json(cls, document: Json) -> "Part":
        """Read the stored form."""
        fields = dict(document)
        fields["files"] = tuple(map(LandedFile.from_json, document["files"]))
        fields["refused"] = Refused.from_json(document.get("refused"))
        return cls(**fields)


def digest_of(continuation: Continuation) -> str:
    """Return a digest that is different for each continuation."""
    text = json.dumps(continuation.to_json(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_part(store: ObjectStore, run_id: str, part: Part) -> None:
    """Store a part; a retried invocation overwrites its own."""
    store.write_json(layout.part_key(run_id, part.task_id, part.step), part.to_json())


def read_parts(store: ObjectStore, plan: RunPlan, task: Task) -> Iterator[Part]:
    """Yield the parts of a task from its beginning to its end.

    Raises
    ------
    SealIncomplete
        The chain of parts ends before one that is done.
    """
    expected = Continuation()
    while True:
        key = layout.part_key(plan.run_id, task.task_id, expected.step)
        found = store.read_json(key)
        part = None if found is None else Part.from_json(found[0])
        if part is None or part.continues != digest_of(expected):
            state = "missing" if part is None else "from another attempt"
            raise SealIncomplete(
                f"Task {task.task_id} (stream {task.stream}) of run {plan.run_id} is not finished: "
                f"s3://{store.bucket}/{key} is {state}. "
                "Nothing was made visible. Redrive the execution."
            )
        yield part
        if part.done:
            return
        expected = Continuation.from_json(part.continuation)


def check_files(store: ObjectStore, part: Part) -> None:
    """Compare the uploaded files with their part.

    Raises
    ------
    SealIncomplete
        A file is missing, or is not the one that was uploaded for this part.
    """
    for file in part.files:
        found: Any = store.describe(file.key)
        if found != (file.bytes, file.sha256):
            raise SealIncomplete(
                f"s3://{store.bucket}/{file.key} is not the file that task {part.task_id} landed "
                f"({file.bytes} bytes, sha256 {file.sha256[:12]}…). Nothing was made visible. "
                "Start a new execution for the same as_of."
            )
