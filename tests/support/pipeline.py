"""A pipeline in its own home, driven as a user drives it: by its commands."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import requests

from localaws.connections.endpoints import Endpoints
from localaws.settings import Settings as LocalAwsSettings
from orchestration.cli import athena
from orchestration.cloud import Cloud, program
from orchestration.memory import Memory
from orchestration.settings import REPOSITORY_ROOT, Settings

_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Ran:
    """Exit code and output of a command."""

    code: int
    output: str


class RunningNight:
    """A night whose command is still running."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def runs(self) -> bool:
        """Whether the command is still running."""
        return self._process.poll() is None

    def end(self) -> Ran:
        """Wait for the command to end and return its result."""
        output, _ = self._process.communicate()
        return Ran(self._process.returncode, output)


class Pipeline:
    """Runs commands in one home and reads its state.

    Parameters
    ----------
    home
        Folder of the local AWS.
    events
        Size of the simulator's world.

    Attributes
    ----------
    first
        Result of the first night, if a fixture has run one.
    """

    def __init__(self, home: Path, events: int) -> None:
        self.home = home
        self.first: Ran | None = None
        self._cloud: Cloud | None = None
        self._endpoints: Endpoints | None = None
        self.environment = {
            "LOCALAWS_HOME": str(home),
            "SIMULATOR_EVENTS": str(events),
            "INITIAL_HISTORY_DAYS": "20",  # fewer partitions; no test depends on it
            "COLUMNS": "200",
        }

    @property
    def localaws_settings(self) -> LocalAwsSettings:
        """Settings of the local AWS of this home."""
        return LocalAwsSettings(home=self.home)

    def run(self, *arguments: str, **environment: str) -> Ran:
        """Run ``wistia-pipeline`` and return its exit code and what it printed."""
        result = subprocess.run(
            [program("wistia-pipeline"), *arguments],
            env=os.environ | self.environment | environment,
            capture_output=True,
            text=True,
            cwd=REPOSITORY_ROOT,
            check=False,
        )
        return Ran(result.returncode, result.stdout + result.stderr)

    def night(self, *arguments: str, **environment: str) -> Ran:
        """Run a night that must succeed.

        Raises
        ------
        AssertionError
            It failed; the text is its output.
        """
        ran = self.run("nightly", *arguments, **environment)
        if ran.code:
            raise AssertionError(ran.output)
        return ran

    @property
    def cloud(self) -> Cloud:
        """Clients of the running local AWS: after a kill it comes back on other ports."""
        endpoints = self._read_endpoints()
        if self._cloud is None or endpoints != self._endpoints:
            self._cloud, self._endpoints = Cloud(Settings(localaws_home=self.home)), endpoints
        return self._cloud

    @property
    def simulator(self) -> str:
        """Base URL of the simulator."""
        return str(Memory.read(self.home / "pipeline.json").simulator_url)

    @property
    def last_as_of(self) -> str:
        """Logical time of the last night that succeeded."""
        return str(Memory.read(self.home / "pipeline.json").last_as_of)

    def faults(self, **faults: Any) -> None:
        """Make the simulator misbehave from now on; without arguments, make it behave again."""
        requests.put(
            f"{self.simulator}/_simulator/faults", json=faults, timeout=30
        ).raise_for_status()

    def rows(self, sql: str) -> list[list[str | None]]:
        """Query Athena and return the rows."""
        return athena.query(self.cloud, sql, limit=1_000_000).rows

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return int(str(self.rows(f"select count(*) from {table}")[0][0]))

    def json(self, key: str) -> Any:
        """Return an object of the data bucket, None if there is none."""
        client = self.cloud.client("s3")
        try:
            return json.loads(
                client.get_object(Bucket=self.cloud.data_bucket, Key=key)["Body"].read()
            )
        except client.exceptions.NoSuchKey:
            return None

    def watermark(self, stream: str = "events") -> Any:
        """Return the watermark of a stream."""
        return self.json(f"state/watermarks/{stream}.json")

    def facts(self) -> dict[str, float]:
        """Return what the marts contain: percent viewed by event key.

        Raises
        ------
        AssertionError
            An event is in fact_events twice.
        """
        rows = self.rows("select event_key, percent_viewed from fact_events")
        facts = {str(key): round(float(str(viewed)), 6) for key, viewed in rows}
        if len(facts) != len(rows):
            raise AssertionError(f"{len(rows) - len(facts)} events are in fact_events twice")
        return facts

    def truth(self) -> dict[str, float]:
        """Return what the simulator has served since the start of the first window, newest version.

        Nights ask for a day more than their window, so the simulator served more than they keep.
        """
        client = self.cloud.client("stepfunctions")
        executions = client.list_executions(
            stateMachineArn=self.cloud.state_machine_arn(), statusFilter="SUCCEEDED"
        )["executions"]
        first = client.describe_execution(executionArn=executions[-1]["executionArn"])
        answer = requests.get(
            f"{self.simulator}/_simulator/truth",
            params={"start": json.loads(first["output"])["window"]["start"]},
            timeout=60,
        ).json()
        return {key: round(viewed, 6) for key, viewed in answer["served"].items()}

    def start(self, command: str) -> "RunningNight":
        """Start ``nightly`` or ``redrive``, and return once the execution is running."""
        known = self._runs()
        running = RunningNight(
            subprocess.Popen(
                [program("wistia-pipeline"), command],
                env=os.environ | self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=REPOSITORY_ROOT,
            )
        )
        while running.runs() and self._runs() == known:
            time.sleep(_LOOK_SECONDS)
        return running

    def _read_endpoints(self) -> Endpoints:
        text = self.localaws_settings.endpoints_file.read_text(encoding="utf-8")
        return Endpoints.model_validate_json(text)

    def _server(self) -> psutil.Process:
        return psutil.Process(self._read_endpoints().pids["server"])

    def _runs(self) -> tuple[str, int]:
        last = self.last_execution()
        return str(last["executionArn"]), int(last.get("redriveCount", 0))

    def kill(self, command_part: str, within_seconds: float = 300) -> None:
        """Kill a process of the local AWS without warning, as soon as it runs.

        Parameters
        ----------
        command_part
            A part of its command line.

        Raises
        ------
        AssertionError
            No such process ran in that time.
        """
        server = self._server()

        def killed() -> bool:
            for process in server.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if command_part in " ".join(process.cmdline()):
                        process.kill()
                        return True
            return False

        _wait_until(killed, f"a process of {command_part} runs", within_seconds)

    def kill_server(self) -> None:
        """Kill the server of the local AWS without warning."""
        self._server().kill()

    def wait_for_state(self, state: str, within_seconds: float = 300) -> None:
        """Wait until the newest execution has entered a state, since its last redrive if any.

        Raises
        ------
        AssertionError
            It did not within that time.
        """
        client, arn = self.cloud.client("stepfunctions"), self.last_execution()["executionArn"]

        def entered() -> bool:
            events = client.get_execution_history(
                executionArn=arn, reverseOrder=True, maxResults=20
            )["events"]
            for event in events:
                if event["type"] == "ExecutionRedriven":
                    return False
                if event.get("stateEnteredEventDetails", {}).get("name") == state:
                    return True
            return False

        _wait_until(entered, f"{state} is entered", within_seconds)

    def wait_for_query(self, within_seconds: float = 300) -> None:
        """Wait until Athena runs a query.

        Raises
        ------
        AssertionError
            It did not within that time.
        """
        client = self.cloud.client("athena")
        workgroup = self.cloud.settings.stack_name

        def runs() -> bool:
            newest = client.list_query_executions(WorkGroup=workgroup, MaxResults=5)
            executions = client.batch_get_query_execution(
                QueryExecutionIds=newest["QueryExecutionIds"]
            )["QueryExecutions"]
            return any(query["Status"]["State"] == "RUNNING" for query in executions)

        _wait_until(runs, "Athena runs a query", within_seconds)

    def last_execution(self) -> dict[str, Any]:
        """Return AWS's description of the newest night."""
        client = self.cloud.client("stepfunctions")
        newest = client.list_executions(stateMachineArn=self.cloud.state_machine_arn())[
            "executions"
        ][0]
        return dict(client.describe_execution(executionArn=newest["executionArn"]))

    def notifications(self) -> list[dict[str, Any]]:
        """Return and forget what the alert topic has sent, oldest first."""
        queue = self._alert_queue
        found: list[dict[str, Any]] = []
        client = self.cloud.client("sqs")
        while True:
            batch = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            if not batch.get("Messages"):
                return found
            for message in batch["Messages"]:
                found.append(json.loads(message["Body"]))
                client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    @cached_property
    def _alert_queue(self) -> str:
        queues, settings = self.cloud.client("sqs"), self.cloud.settings
        url = str(queues.create_queue(QueueName="alerts-of-the-test")["QueueUrl"])
        attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        name = f"{self.cloud.account_id}:{settings.stack_name}-alerts"
        self.cloud.client("sns").subscribe(
            TopicArn=f"arn:aws:sns:{settings.region}:{name}",
            Protocol="sqs",
            Endpoint=attributes["Attributes"]["QueueArn"],
        )
        return url

    def listen(self) -> None:
        """Collect what the alert topic sends from now on."""
        _ = self._alert_queue
        self.notifications()


def _wait_until(is_so: Callable[[], bool], what: str, within_seconds: float) -> None:
    deadline = time.monotonic() + within_seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {within_seconds} s in vain until {what}")
        time.sleep(_LOOK_SECONDS)
