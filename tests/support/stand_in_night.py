"""The real template and state machines on a local AWS, with stand-ins for all code of a night.

What the functions, the task and the job do is a few lines here, so that a test of the machinery
(time-outs, redrives, deploys) takes seconds. The failure report is the real one.
"""

import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from localaws.ecs_tasks.images import ImageRegister, LocalImage
from localaws.testing import LocalAws
from orchestration.alerts import failure_report
from orchestration.infrastructure.template import TEMPLATE

Definition = dict[str, Any]
Change = Callable[[str, Definition], None]

_HANDLERS = {
    "plan": """def handler(event, _):
    return {"run_id": "run-1", "as_of": "2026-03-02T02:00:00Z", "ingest_date": "2026-03-02",
            "full_refresh": True, "is_backfill": False, "window": event["input"], "dbt_vars": "{}",
            "streams": [], "tasks": [{"task_id": "one"}]}
""",
    "ingest": """def handler(event, _):
    return {"task_id": event["task"]["task_id"], "done": True, "continuation": None}
""",
    "seal": """def handler(event, _):
    return {"run_id": "run-1", "has_new_data": event["plan"]["window"].get("new_data", False),
            "has_medias": True, "has_history": True, "streams": {}, "total_rows": 0,
            "total_requests": 0, "manifested_streams": "media"}
""",
    "commit": "def handler(event, _):\n    return {}\n",
}
_TASK = """import json, sys, time
behavior = json.load(open("behavior.json")).get(sys.argv[1], {})
print("dbt", sys.argv[1], flush=True)
time.sleep(behavior.get("sleep", 0))
sys.exit(behavior.get("exit", 0))
"""
_RUNNING = {"RUNNING"}


class StandInNight:
    """A deployed stack whose code is stand-ins.

    Parameters
    ----------
    aws
        Where it is deployed.
    folder
        Where the image's files are.
    stack
        The stack's name.
    """

    def __init__(self, aws: LocalAws, folder: Path, stack: str) -> None:
        self.aws = aws
        self.stack = stack
        self._image = folder
        self._bucket = f"{stack}-artifacts"
        self._queue = ""

    def deploy(self, change: Change | None = None, *, image_tag: str = "one") -> None:
        """Create or update the stack.

        Parameters
        ----------
        change
            Changes each definition, given with its file's name, before it is uploaded.
        image_tag
            Another one makes another revision of the task definition.
        """
        self._register_image(image_tag)
        client = self.aws.client("cloudformation")
        known = {it["StackName"] for it in client.describe_stacks()["Stacks"]}
        update = self.stack in known
        if not update:
            self.aws.client("s3").create_bucket(Bucket=self._bucket)
        values = self._artifacts(change) | {
            "ImageTag": image_tag,
            "ScheduleState": "DISABLED",
            # Two stacks of one account need databases of their own.
            "StagingDatabase": f"{self.stack}_staging",
            "AnalyticsDatabase": f"{self.stack}_marts",
        }
        self._put("template.yml", TEMPLATE.read_bytes())
        request = {
            "StackName": self.stack,
            "TemplateURL": f"https://{self._bucket}.s3.amazonaws.com/template.yml",
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in values.items()
            ],
        }
        (client.update_stack if update else client.create_stack)(**request)
        waiter = client.get_waiter(f"stack_{'update' if update else 'create'}_complete")
        waiter.wait(StackName=self.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 120})

    def behave(self, **behavior: dict[str, int]) -> None:
        """Say what the task's commands do: ``build={"sleep": 60}``, ``docs={"exit": 3}``."""
        (self._image / "behavior.json").write_text(json.dumps(behavior))

    def run(self, machine: str = "nightly", **payload: Any) -> dict[str, Any]:
        """Run a state machine to its end."""
        arn = self.arn(machine)
        client = self.aws.client("stepfunctions")
        started = client.start_execution(stateMachineArn=arn, input=json.dumps(payload))
        return self.end_of(started["executionArn"])

    def redrive(self, execution: dict[str, Any]) -> dict[str, Any]:
        """Redrive an execution and wait for its end."""
        client = self.aws.client("stepfunctions")
        client.redrive_execution(executionArn=execution["executionArn"])
        return self.end_of(execution["executionArn"])

    def end_of(self, execution_arn: str) -> dict[str, Any]:
        """Wait for the end of an execution."""
        client, deadline = self.aws.client("stepfunctions"), time.monotonic() + 240
        while time.monotonic() < deadline:
            execution: dict[str, Any] = client.describe_execution(executionArn=execution_arn)
            if execution["status"] not in _RUNNING:
                return execution
            time.sleep(0.2)
        raise AssertionError(f"{execution_arn} did not end")

    def arn(self, machine: str) -> str:
        """Return the address of a state machine."""
        return (
            f"arn:aws:states:{self.aws.region}:{self.aws.account_id}"
            f":stateMachine:{self.stack}-{machine}"
        )

    def tasks(self) -> list[dict[str, Any]]:
        """Return all tasks of the cluster, the oldest first."""
        client = self.aws.client("ecs")
        arns = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in client.list_tasks(cluster=self.stack, desiredStatus=status)["taskArns"]
        ]
        found = client.describe_tasks(cluster=self.stack, tasks=arns)["tasks"] if arns else []
        return sorted(found, key=lambda task: str(task["createdAt"]))

    def alerts(self) -> list[dict[str, Any]]:
        """Return and forget the messages of the alert topic."""
        client, found = self.aws.client("sqs"), []
        if not self._queue:
            self._queue = client.create_queue(QueueName=f"{self.stack}-alerts")["QueueUrl"]
            attributes = client.get_queue_attributes(
                QueueUrl=self._queue, AttributeNames=["QueueArn"]
            )["Attributes"]
            self.aws.client("sns").subscribe(
                TopicArn=f"arn:aws:sns:{self.aws.region}:{self.aws.account_id}:{self.stack}-alerts",
                Protocol="sqs",
                Endpoint=attributes["QueueArn"],
            )
        while batch := client.receive_message(QueueUrl=self._queue).get("Messages"):
            for message in batch:
                found.append(json.loads(message["Body"]))
                client.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _register_image(self, tag: str) -> None:
        package = self._image / "orchestration" / "dbt_task"
        package.mkdir(parents=True, exist_ok=True)
        for folder in (package, package.parent):
            (folder / "__init__.py").touch()
        (package / "__main__.py").write_text(_TASK)
        if not (self._image / "behavior.json").exists():
            self.behave()
        registry = f"{self.aws.account_id}.dkr.ecr.{self.aws.region}.amazonaws.com"
        image = LocalImage(root=self._image, python=Path(sys.executable))
        ImageRegister(self.aws.settings).add(f"{registry}/{self.stack}-dbt:{tag}", image)

    def _artifacts(self, change: Change | None) -> dict[str, str]:
        functions = {"ingestion/__init__.py": "", "ingestion/handlers/__init__.py": ""}
        for name, text in _HANDLERS.items():
            functions[f"ingestion/handlers/{name}.py"] = text
        report = {"failure_report.py": Path(failure_report.__file__).read_text()}
        keys = {
            "LambdaCodeKey": self._put("lambda.zip", _zip(functions)),
            "ReportCodeKey": self._put("report.zip", _zip(report)),
            "NormalizeScriptKey": self._put("job.py", b"import time\ntime.sleep(600)\n"),
            "NormalizeLibraryKey": self._put("library.zip", _zip({"nothing.py": ""})),
        }
        for parameter, name in (
            ("StateMachineKey", "state_machine.asl.yml"),
            ("UpkeepStateMachineKey", "upkeep.asl.yml"),
        ):
            definition = yaml.safe_load(TEMPLATE.with_name(name).read_text(encoding="utf-8"))
            if change:
                change(name, definition)
            body = json.dumps(definition).encode()
            # As with real deploys, another content has another name.
            keys[parameter] = self._put(f"{hash(body)}.json", body)
        return keys | {"ArtifactsBucket": self._bucket}

    def _put(self, key: str, body: bytes) -> str:
        self.aws.client("s3").put_object(Bucket=self._bucket, Key=key, Body=body)
        return key


def _zip(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()
