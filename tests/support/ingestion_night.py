"""Runs plan, ingest, seal and commit against a simulator, as the state machine does."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ingestion import layout
from ingestion.client.http import WistiaClient
from ingestion.client.request_slots import NoLimit
from ingestion.deadline import Deadline
from ingestion.handlers.commit import commit
from ingestion.handlers.ingest import ingest
from ingestion.handlers.plan import plan_run
from ingestion.handlers.runtime import Services
from ingestion.handlers.seal import seal
from ingestion.object_store import ObjectStore
from ingestion.settings import Settings
from wistia_simulator.testing import Event, Fault, Media, Simulator, Truth

FIRST = "2026-03-02T02:00:00Z"
SECOND = "2026-03-03T02:00:00Z"
THIRD = "2026-03-04T02:00:00Z"
MEDIA = Media("abcdefghij")
# Faults after which the same request may be sent again.
PASSING_FAULTS = (
    Fault.STATUS_429,
    Fault.STATUS_500,
    Fault.STATUS_502,
    Fault.STATUS_503,
    Fault.STATUS_504,
    Fault.RESET,
    Fault.DROP,
    Fault.TRUNCATED_JSON,
    Fault.HTML,
    Fault.EMPTY_BODY,
)
Json = dict[str, Any]


@dataclass
class Night:
    """One data bucket and one account, night after night."""

    store: ObjectStore
    simulator: Simulator
    settings: Settings = field(init=False)
    executions: int = 0

    def __post_init__(self) -> None:
        self.settings = Settings(
            data_bucket=self.store.bucket,
            base_url=self.simulator.base_url,
            api_token=self.simulator.token,
            requests_per_minute=0,
            connections=4,
            max_attempts=5,
            initial_history_days=40,
        )

    def having(self, **changes: Any) -> "Night":
        """Change settings."""
        self.settings = replace(self.settings, **changes)
        return self

    def services(self, seconds: float = 900.0) -> Services:
        def connect() -> WistiaClient:
            return WistiaClient(
                self.settings.base_url,
                self.settings.api_token,
                api_version=self.settings.api_version,
                limit=NoLimit(sleep=lambda _: None),
                max_attempts=self.settings.max_attempts,
                timeout_seconds=5,
                sleep=lambda _: None,
            )

        return Services(self.settings, self.store, connect, Deadline(seconds))

    def plan(self, execution_id: str | None = None, **execution_input: Any) -> Json:
        if execution_id is None:
            self.executions += 1
            execution_id = f"arn:execution:{self.executions}"
        event = {
            "input": execution_input,
            "execution_id": execution_id,
            "execution_start": execution_input.get("as_of", FIRST),
        }
        return through_json(plan_run(event, self.services(), lambda _: True))

    def ingest(
        self, plan: Json, task: Json, services: Callable[[], Services] | None = None
    ) -> Json:
        """Run a task to its end, over all its continuations."""
        event: Json = {"plan": without_tasks(plan), "task": task, "continuation": None}
        rows = requests = steps = 0
        while True:
            result = through_json(ingest(event, (services or self.services)()))
            rows, requests, steps = rows + result["rows"], requests + result["requests"], steps + 1
            if result["done"]:
                return result | {"rows": rows, "requests": requests, "steps": steps}
            event["continuation"] = result["continuation"]

    def seal(self, plan: Json) -> Json:
        return through_json(seal({"plan": without_tasks(plan)}, self.services()))

    def commit(self, plan: Json, seal_result: Json | None = None, **extra: Any) -> Json:
        event = {"plan": without_tasks(plan), "seal": seal_result or {}} | extra
        return through_json(commit(event, self.services()))

    def run(self, **execution_input: Any) -> tuple[Json, Json]:
        """A whole night; returns the plan and seal's output."""
        plan = self.plan(**execution_input)
        sealed = self.land(plan)
        self.commit(plan, sealed)
        return plan, sealed

    def land(self, plan: Json) -> Json:
        """Run all tasks of a plan and seal, without commit; return the output of seal."""
        for task in plan["tasks"]:
            self.ingest(plan, task)
        return self.seal(plan)

    def run_at(self, as_of: str, **execution_input: Any) -> tuple[Json, Json]:
        """A whole night at its own time on the API's clock."""
        self.simulator.clock.set(as_of)
        return self.run(as_of=as_of, **execution_input)

    def fail(self, plan: Json) -> None:
        """Do what the failure path of the state machine does."""
        self.commit(plan, release_only=True)

    def fail_at(self, as_of: str) -> None:
        """A night at its own time that lands everything, and fails before dbt has succeeded."""
        self.simulator.clock.set(as_of)
        plan = self.plan(as_of=as_of)
        self.land(plan)
        self.fail(plan)

    def truth(self, plan: Json) -> Truth:
        """What the API has for the plan's window at its clock."""
        window = plan["window"]
        return self.simulator.truth(window["start"], window["end"], self.settings.api_version)

    def manifest(self, plan: Json, stream: str) -> Json | None:
        key = f"raw_data/{stream}/ingest_date={plan['ingest_date']}/run_id={plan['run_id']}/manifest.json"
        found = self.store.read_json(key)
        return None if found is None else found[0]

    def watermark(self, stream: str) -> str | None:
        found = self.store.read_json(layout.watermark_key(stream))
        return None if found is None else found[0]["watermark"]

    def lines(self, plan: Json, stream: str) -> list[Json]:
        """Every visible line of a run's stream."""
        manifest = self.manifest(plan, stream)
        return [] if manifest is None else lines_of(self.store, manifest)

    def object_keys(self) -> list[str]:
        answer = self.store._client.list_objects_v2(Bucket=self.store.bucket)
        return [entry["Key"] for entry in answer.get("Contents", ())]


def event(number: int, received_at: str, **more: Any) -> Event:
    return Event(f"key_{number:04d}", MEDIA.hashed_id, received_at, **more)


def lines_of(store: ObjectStore, manifest: Json) -> list[Json]:
    lines = []
    for file in manifest["files"]:
        body = store._client.get_object(Bucket=store.bucket, Key=file["key"])["Body"].read()
        lines += [json.loads(line) for line in gzip.decompress(body).splitlines()]
    return lines


def newest_versions(lines: list[Json], key: str = "event_key") -> dict[str, Json]:
    """What normalize keeps of raw lines: the last served version of each key."""
    ordered = sorted(
        lines, key=lambda line: (line["_meta"]["ingested_at"], line["_meta"]["position"])
    )
    return {line["record"][key]: line["record"] for line in ordered}


def without_tasks(plan: Json) -> Json:
    return {name: value for name, value in plan.items() if name != "tasks"}


def through_json(document: Any) -> Any:
    """Return a payload as Step Functions passes it."""
    return json.loads(json.dumps(document))
