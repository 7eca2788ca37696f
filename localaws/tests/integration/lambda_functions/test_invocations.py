"""Functions run as Lambda runs them."""

import base64
import io
import json
import threading
import time
import zipfile
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from localaws.testing import LocalAws


def invoke(localaws: LocalAws, name: str, event: Any = None, **options: Any) -> tuple[dict, Any]:
    answer = localaws.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps(event or {}), **options
    )
    return answer, json.loads(answer["Payload"].read() or b"null")


def test_a_function_sees_its_event_its_context_and_lambdas_environment(localaws, deploy_function):
    # GIVEN a function that tells what it sees
    name = deploy_function(
        "import os, sys\n"
        "def handler(event, context):\n"
        "    return {'event': event, 'left': context.get_remaining_time_in_millis(),\n"
        "            'arn': context.invoked_function_arn, 'environment': dict(os.environ),\n"
        "            'id': context.aws_request_id, 'memory': context.memory_limit_in_mb}\n",
        Environment={"Variables": {"COLOUR": "blue"}},
        MemorySize=256,
    )
    # WHEN it is invoked
    answer, payload = invoke(localaws, name, {"x": 1})
    # THEN it has all of it
    assert "FunctionError" not in answer
    assert payload["event"] == {"x": 1}
    assert 0 < payload["left"] <= 10_000
    assert payload["arn"].endswith(f":function:{name}")
    environment = payload["environment"]
    assert environment["COLOUR"] == "blue"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == payload["memory"] == "256"
    assert environment["AWS_ENDPOINT_URL"] == localaws.endpoint_url
    assert environment["LAMBDA_TASK_ROOT"]


def test_a_function_imports_only_what_its_zip_brings(localaws, deploy_function):
    # GIVEN a function that needs a package of this project's environment
    name = deploy_function("import typer\ndef handler(event, context): pass\n")
    # WHEN it is invoked
    answer, payload = invoke(localaws, name)
    # THEN it fails as on Lambda
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert payload["errorMessage"] == "Unable to import module 'app': No module named 'typer'"


def test_a_function_has_boto3_as_lambdas_runtime_brings_it(localaws, deploy_function):
    # GIVEN a function whose zip holds no package
    name = deploy_function(
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('s3').list_buckets()\n"
        "    return boto3.__name__\n"
    )
    # WHEN it is invoked
    answer, payload = invoke(localaws, name)
    # THEN it reaches the account by it
    assert "FunctionError" not in answer, payload
    assert payload == "boto3"


def test_an_exception_comes_back_with_its_type_text_and_trace(localaws, deploy_function):
    # GIVEN a function that raises
    name = deploy_function(
        "class RunInProgress(Exception): pass\n"
        "def handler(event, context):\n"
        "    raise RunInProgress('busy')\n"
    )
    # WHEN it is invoked
    answer, payload = invoke(localaws, name)
    # THEN Lambda's error shape names it, with the paths it has on Lambda
    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("RunInProgress", "busy")
    assert payload["stackTrace"][0].startswith('  File "/var/task/app.py", line 3, in handler')


@pytest.mark.parametrize(
    ("body", "settings", "expected"),
    [
        ("import time; time.sleep(9)", {"Timeout": 1}, ("Sandbox.Timedout", "Task timed out after 1.00 seconds")),
        ("x = b'1' * 400_000_000; import time; time.sleep(5)", {}, ("Runtime.OutOfMemory", "signal: killed")),
        ("import sys; sys.exit(3)", {}, ("Runtime.ExitError", "exit status 3")),
        ("return object()", {}, ("Runtime.MarshalError", "Unable to marshal response")),
        ("return 'x' * 7_000_000", {}, ("Function.ResponseSizeTooLarge", "6291556 bytes")),
    ],
)  # fmt: skip
def test_limits_end_a_function_as_lambda_says(localaws, deploy_function, body, settings, expected):
    # GIVEN a function that goes beyond a limit
    name = deploy_function(f"def handler(event, context):\n    {body}\n", **settings)
    # WHEN it is invoked
    answer, payload = invoke(localaws, name)
    # THEN the error is Lambda's
    assert answer["FunctionError"] == "Unhandled"
    error_type, text = expected
    assert payload["errorType"] == error_type
    assert text in payload["errorMessage"]


def test_a_killed_function_is_an_exit_error(localaws, deploy_function):
    # GIVEN a function in the middle of its work
    name = deploy_function("import time\ndef handler(event, context): time.sleep(9)\n")
    outcome: list[Any] = []
    caller = threading.Thread(target=lambda: outcome.append(invoke(localaws, name)))
    caller.start()
    # WHEN its process is killed
    victim = _find_process("lambda_functions/bootstrap.py", str(localaws.settings.home))
    victim.kill()
    caller.join(timeout=20)
    # THEN the caller gets that error
    answer, payload = outcome[0]
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: signal: killed")


def _find_process(part: str, home: str) -> psutil.Process:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for process in psutil.process_iter(["cmdline"]):
            try:
                line = " ".join(process.info["cmdline"] or [])
                if part in line and home in process.environ().get("TMPDIR", ""):
                    return process
            except psutil.Error:
                continue
        time.sleep(0.02)
    raise AssertionError(f"no process runs {part}")


def test_the_log_has_lambdas_lines_and_the_tail_comes_with_the_answer(
    localaws, deploy_function, log_lines
):
    # GIVEN a function that prints and logs
    name = deploy_function(
        "import logging\n"
        "def handler(event, context):\n"
        "    print('printed')\n"
        "    logging.getLogger().warning('logged')\n"
    )
    # WHEN it is invoked with its log
    answer, _ = invoke(localaws, name, LogType="Tail")
    # THEN both the answer and the log group have it
    tail = base64.b64decode(answer["LogResult"]).decode()
    lines = log_lines(f"/aws/lambda/{name}")
    assert lines == tail.split("\n")
    assert lines[0].startswith("START RequestId: ")
    assert lines[1] == "printed"
    assert lines[2].startswith("[WARNING]\t")
    assert "Max Memory Used: " in lines[-1]


def test_an_event_invocation_returns_at_once_and_is_tried_three_times(
    localaws, deploy_function, tmp_path
):
    # GIVEN a function that always fails, and counts
    name = deploy_function(
        "import pathlib, uuid\n"
        "def handler(event, context):\n"
        "    (pathlib.Path(event['folder']) / uuid.uuid4().hex).touch()\n"
        "    raise ValueError\n"
    )
    # WHEN it is invoked for an event
    answer, _ = invoke(localaws, name, {"folder": str(tmp_path)}, InvocationType="Event")
    # THEN the caller does not wait, and the two retries happen
    assert answer["StatusCode"] == 202
    deadline = time.monotonic() + 20
    while (count := len(list(tmp_path.iterdir()))) < 3:
        assert time.monotonic() < deadline, f"{count} attempts"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b'"' + b"x" * 7_000_000 + b'"', "RequestTooLargeException"),
        (b"{", "InvalidRequestContentException"),
    ],
)
def test_a_bad_request_is_refused(localaws, deploy_function, payload, code):
    # GIVEN a function
    name = deploy_function("def handler(event, context): pass\n")
    # WHEN it is invoked with what Lambda does not take
    with pytest.raises(ClientError) as refused:
        localaws.client("lambda").invoke(FunctionName=name, Payload=payload)
    # THEN Lambda's error says so
    assert refused.value.response["Error"]["Code"] == code


def test_code_and_environment_that_lambda_does_not_take_are_refused(localaws, deploy_function):
    client = localaws.client("lambda")
    name = deploy_function("def handler(event, context):\n    return 1\n")
    before = client.get_function_configuration(FunctionName=name)
    large = io.BytesIO()
    with (
        zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w") as member,
    ):
        for _ in range(251):
            member.write(bytes(1024 * 1024))
    # WHEN the environment or the unpacked code is too large THEN Lambda says so
    with pytest.raises(ClientError, match=r"exceeded the 4KB limit\. String measured: "):
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {"A": "x" * 4096}}
        )
    with pytest.raises(ClientError, match="Unzipped size must be smaller than 262144000 bytes"):
        client.update_function_code(FunctionName=name, ZipFile=large.getvalue())
    with pytest.raises(ClientError, match="exceeded the 4KB limit"):
        deploy_function("x = 1", Environment={"Variables": {"A": "x" * 4096}})
    # AND the function is as before
    after = client.get_function_configuration(FunctionName=name)
    assert after["CodeSha256"] == before["CodeSha256"]
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"A": "x" * 4000}}
    )
