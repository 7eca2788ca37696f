"""A pipeline in its own home, used as a user does: through its commands."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import requests

from orchestration.cli import athena
from orchestration.cloud import Cloud, program
from orchestration.memory import Memory
from orchestration.settings import REPOSITORY_ROOT, Settings

_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Ran:
    """The result of a command."""

    code: int
    output: str


class RunningNight:
    """A night that runs in another process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def runs(self) -> bool:
        """Whether the command has not ended."""
        return self._process.poll() is None

    def end(self) -> Ran:
        """Wait until the command ends and return its result."""
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
        The output of the first night, if a fixture has run one.
    """

    def __init__(self, home: Path, events: int) -> None:
        self.home = home
        self.first: Ran | None = None
        self._cloud: Cloud | None = None
        self._endpoints = ""
        self.environment = {
            "LOCALAWS_HOME": str(home),
            "SIMULATOR_EVENTS": str(events),
            "INITIAL_HISTORY_DAYS": "20",  # fewer partitions: the tests do not depend on it
            "COLUMNS": "200",
        }

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
            It failed; the message is its output.
        """
        ran = self.run("nightly", *arguments, **environment)
        if ran.code:
            raise AssertionError(ran.output)
        return ran

    @property
    def cloud(self) -> Cloud:
        """Clients of the local AWS that runs now: one that was killed comes back on other ports."""
        endpoints = (self.home / "endpoints.json").read_text(encoding="utf-8")
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
        """Set the simulator's faults from now on; without any, it works correctly."""
        requests.put(
            f"{self.simulator}/_simulator/faults", json=faults, timeout=30
        ).raise_for_status()

    def rows(self, sql: str) -> list[list[str | None]]:
        """Ask Athena."""
        return athena.query(self.cloud, sql, limit=1_000_000).rows

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        return int(str(self.rows(f"select count(*) from {table}")[0][0]))

    def json(self, key: str) -> Any:
        """Read an object of the data bucket; None if there is none."""
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
        """Return the events in the marts: event key to percent viewed.

        Raises
        ------
        AssertionError
            An event is there twice.
        """
        rows = self.rows("select event_key, percent_viewed from fact_events")
        facts = {str(key): round(float(str(viewed)), 6) for key, viewed in rows}
        if len(facts) != len(rows):
            raise AssertionError(f"{len(rows) - len(facts)} events are in fact_events twice")
        return facts

    def truth(self) -> dict[str, float]:
        """Return what the simulator has served since the first window began, newest version.

        The request is a day wider than the window, so the API served more than is kept.
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
        """Start ``nightly`` or ``redrive``, and return when the execution runs."""
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

    def _runs(self) -> tuple[str, int]:
        last = self.last_execution()
        return str(last["executionArn"]), int(last.get("redriveCount", 0))

    def kill(self, command_part: str, within_seconds: float = 300) -> None:
        """Kill a process of the local AWS as soon as one runs, without a warning.

        Parameters
        ----------
        command_part
            A part of its command line.

        Raises
        ------
        AssertionError
            No such process ran in that time.
        """
        endpoints = json.loads((self.home / "endpoints.json").read_text(encoding="utf-8"))
        server = psutil.Process(endpoints["pids"]["server"])

        def killed() -> bool:
            for process in server.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if command_part in " ".join(process.cmdline()):
                        process.kill()
                        return True
            return False

        _wait_until(killed, f"a process of {command_part} runs", within_seconds)

    def wait_for_state(self, state: str, within_seconds: float = 300) -> None:
        """Wait until the newest execution has entered a state, since its last redrive if any.

        Raises
        ------
        AssertionError
            It did not in that time.
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
            It did not in that time.
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
        """Describe the newest execution of the night."""
        client = self.cloud.client("stepfunctions")
        newest = client.list_executions(stateMachineArn=self.cloud.state_machine_arn())[
            "executions"
        ][0]
        return dict(client.describe_execution(executionArn=newest["executionArn"]))

    def notifications(self) -> list[dict[str, Any]]:
        """Return what the alert topic has sent, oldest first."""
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
        """Receive the messages of the alert topic from now on."""
        _ = self._alert_queue
        self.notifications()


def _wait_until(is_so: Callable[[], bool], what: str, within_seconds: float) -> None:
    deadline = time.monotonic() + within_seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {within_seconds} s in vain until {what}")
        time.sleep(_LOOK_SECONDS)


@contextmanager
def broken_dbt(pipeline: Pipeline, command: str, *, exit_code: int) -> Iterator[None]:
    """Let one command of the dbt task end with an exit code, as a crash would."""
    images = pipeline.home / "images.json"
    saved = images.read_text(encoding="utf-8")
    wrapper = pipeline.home / "broken" / "python"
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *"{command}"*) exit {exit_code};; esac\n'
        f'exec "{sys.executable}" "$@"\n',
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    broken = {uri: entry | {"python": str(wrapper)} for uri, entry in json.loads(saved).items()}
    images.write_text(json.dumps(broken), encoding="utf-8")
    try:
        yield
    finally:
        images.write_text(saved, encoding="utf-8")


@contextmanager
def broken_function(pipeline: Pipeline, name: str, **configuration: Any) -> Iterator[None]:
    """Configure a Lambda function wrongly for a while, such as ``Timeout=1``."""
    client = pipeline.cloud.client("lambda")
    function = f"{pipeline.cloud.settings.stack_name}-{name}"
    saved = client.get_function_configuration(FunctionName=function)
    client.update_function_configuration(FunctionName=function, **configuration)
    try:
        yield
    finally:
        client.update_function_configuration(
            FunctionName=function, **{key: saved[key] for key in configuration}
        )


@contextmanager
def slow_function(pipeline: Pipeline, name: str) -> Iterator[None]:
    """Let a Lambda function hang for a while, with a limit of one second."""
    client, bucket = pipeline.cloud.client("lambda"), pipeline.cloud.artifacts_bucket
    function = f"{pipeline.cloud.settings.stack_name}-{name}"
    listed = pipeline.cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix="lambda/")
    newest = max(listed["Contents"], key=lambda entry: entry["LastModified"])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("hang.py", "import time\n\n\ndef handler(_, __):\n    time.sleep(60)\n")
    client.update_function_code(FunctionName=function, ZipFile=archive.getvalue())
    try:
        with broken_function(pipeline, name, Handler="hang.handler", Timeout=1):
            yield
    finally:
        client.update_function_code(FunctionName=function, S3Bucket=bucket, S3Key=newest["Key"])


@contextmanager
def broken_job(pipeline: Pipeline, script_text: str) -> Iterator[None]:
    """Replace the script of the Glue job for a while."""
    client, bucket = pipeline.cloud.client("s3"), pipeline.cloud.artifacts_bucket
    name = f"{pipeline.cloud.settings.stack_name}-normalize"
    job = pipeline.cloud.client("glue").get_job(JobName=name)["Job"]
    key = job["Command"]["ScriptLocation"].split("/", 3)[3]
    script = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=script_text.encode())
    try:
        yield
    finally:
        client.put_object(Bucket=bucket, Key=key, Body=script)


@contextmanager
def broken_crawler(pipeline: Pipeline) -> Iterator[None]:
    """Remove the crawler for a while."""
    client = pipeline.cloud.client("glue")
    name = f"{pipeline.cloud.settings.stack_name}-staging"
    crawler = client.get_crawler(Name=name)["Crawler"]
    client.delete_crawler(Name=name)
    try:
        yield
    finally:
        kept = ("Name", "Role", "Targets", "SchemaChangePolicy", "RecrawlPolicy", "Configuration")
        client.create_crawler(**{key: crawler[key] for key in kept if key in crawler})
