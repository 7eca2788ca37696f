"""Puts the execution of functions behind moto's Lambda API."""

import base64
import json
import logging
import threading
import uuid
import zipfile
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.core.utils import utcnow

from localaws.context import ServerContext
from localaws.context.cloudwatch_logs import LogStream, as_identity
from localaws.lambda_functions import execution_role, quotas
from localaws.lambda_functions.code_store import CodeStore
from localaws.lambda_functions.execution import MEBIBYTE, Invocation, Outcome, execute

logger = logging.getLogger(__name__)

REQUEST_LIMIT_BYTES = 6 * MEBIBYTE
EVENT_REQUEST_LIMIT_BYTES = MEBIBYTE
"""256 KB until October 2025."""
RESPONSE_LIMIT_BYTES = 6 * MEBIBYTE + 102_400
"""Lambda's own figure in its message is 6,291,556; it lets the envelope pass."""
LOG_TAIL_BYTES = 4096
ASYNC_ATTEMPTS = 3
"""Lambda calls a function again twice when an event's invocation fails."""


@dataclass(frozen=True)
class _Answer:
    payload: bytes
    function_error: str | None
    log_tail: bytes


class LambdaExecutor:
    """Runs the functions of this AWS.

    Parameters
    ----------
    context
        The server that the functions talk to.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._code = CodeStore(context.settings.home / "cache" / "lambda")

    def invoke(self, function: LambdaFunction, body: bytes, client_context: Any = None) -> _Answer:
        """Run a function once and write its log.

        Raises
        ------
        moto.awslambda.exceptions.LambdaClientError
            The request itself is refused: no JSON, or a function that cannot be run here.
        """
        invocation = self._invocation(function, _event(body), client_context)
        outcome = execute(self._context, invocation)
        lines = _log_lines(invocation, outcome)
        LogStream(
            function.account_id,
            function.region,
            invocation.log_group,
            invocation.log_stream,
            as_identity(self._context.access, invocation.identity),
        ).write(lines)
        payload, error = outcome.payload.encode(), outcome.function_error
        if len(payload) > RESPONSE_LIMIT_BYTES:
            payload, error = _too_large_response(), "Unhandled"
        tail = "\n".join(lines).encode()[-LOG_TAIL_BYTES:]
        return _Answer(payload, error, tail)

    def invoke_later(self, function: LambdaFunction, body: bytes) -> None:
        """Run a function for an event in the background, with Lambda's two more attempts."""
        _event(body)
        threading.Thread(
            target=self._attempt_event, args=(function, body), name="lambda-event", daemon=True
        ).start()

    def _attempt_event(self, function: LambdaFunction, body: bytes) -> None:
        for _ in range(ASYNC_ATTEMPTS):
            if self.invoke(function, body).function_error is None:
                return
        logger.warning(
            "Function %s failed for an event %d times; the event is dropped. See its log group.",
            function.function_name,
            ASYNC_ATTEMPTS,
        )

    def _invocation(self, function: LambdaFunction, event: Any, client_context: Any) -> Invocation:
        if not str(function.run_time).startswith("python"):
            raise LambdaClientError(
                "InvalidRuntimeException",
                f"localaws runs Python functions only; {function.function_name} is for "
                f"{function.run_time or 'a container image'}",
            )
        try:
            code = self._code.unpack(function.code_bytes)
            layers = tuple(self._code.unpack(content) for content in _layer_contents(function))
        except zipfile.BadZipFile as error:
            raise LambdaClientError(
                "InvalidZipFileException",
                f"Lambda was not able to unzip the code of {function.function_name}: {error}",
            ) from error
        version = str(function.version) if _is_published(function) else "$LATEST"
        return Invocation(
            request_id=str(uuid.uuid4()),
            function_name=function.function_name,
            function_arn=function.function_arn,
            version=version,
            handler=str(function.handler),
            event=event,
            code=code,
            layers=layers,
            timeout_seconds=int(function.timeout),
            memory_mib=int(function.memory_size),
            environment={k: str(v) for k, v in (function.environment_vars or {}).items()},
            log_group=function.logs_group_name,
            log_stream=f"{utcnow():%Y/%m/%d}/[{version}]{uuid.uuid4().hex}",
            identity=execution_role.session(self._context, function),
            runtime=str(function.run_time),
            client_context=client_context,
        )


def _is_published(function: LambdaFunction) -> bool:
    return bool(function.function_arn.rsplit(":", 1)[-1] == str(function.version))


def _layer_contents(function: LambdaFunction) -> list[bytes]:
    backend = get_backend(function.account_id, function.region)
    versions = [backend.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
    return [version.code_bytes for version in versions if version is not None]


def _event(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except (ValueError, UnicodeDecodeError) as error:
        raise LambdaClientError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error


def _too_large_response() -> bytes:
    return json.dumps(
        {
            "errorMessage": "Response payload size exceeded maximum allowed payload size "
            "(6291556 bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
    ).encode()


def _log_lines(invocation: Invocation, outcome: Outcome) -> list[str]:
    """Frame what the function printed by Lambda's own lines."""
    milliseconds = outcome.duration_seconds * 1000
    peak_mib = min(outcome.peak_memory_bytes // MEBIBYTE, invocation.memory_mib)
    report = [
        f"REPORT RequestId: {invocation.request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {int(milliseconds) + 1} ms",
        f"Memory Size: {invocation.memory_mib} MB",
        f"Max Memory Used: {peak_mib} MB",
        f"Init Duration: {outcome.init_seconds * 1000:.2f} ms",
    ]
    return [
        f"START RequestId: {invocation.request_id} Version: {invocation.version}",
        *outcome.log_lines,
        f"END RequestId: {invocation.request_id}",
        "\t".join(report),
    ]


def _refuse(code: str, message: str, status: int) -> tuple[int, dict[str, str], str]:
    return (
        status,
        # moto takes the status of a response from its headers.
        {"status": str(status), "x-amzn-errortype": code, "content-type": "application/json"},
        json.dumps({"Type": "User", "Message": message, "message": message}),
    )


def install(context: ServerContext) -> None:
    """Make moto's Invoke, and whatever else in moto calls a function, run it."""
    executor = LambdaExecutor(context)

    def invoke(response: LambdaResponse) -> tuple[int, dict[str, str], str | bytes]:
        function_name = unquote(response.path.rsplit("/", 2)[-2])
        qualifier = response.querystring.get("Qualifier", [None])[0]
        body = response.body.encode() if isinstance(response.body, str) else response.body or b""
        kind = response.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        limit = EVENT_REQUEST_LIMIT_BYTES if kind == "Event" else REQUEST_LIMIT_BYTES
        if len(body) > limit:
            return _refuse(
                "RequestTooLargeException",
                f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
                413,
            )
        function = response.backend.get_function(function_name, qualifier)
        if kind == "DryRun":
            return 204, {"status": "204"}, ""
        if kind == "Event":
            executor.invoke_later(function, body)
            return 202, {"status": "202"}, ""
        answer = executor.invoke(function, body, _client_context(response))
        headers = {
            "content-type": "application/json",
            "X-Amz-Executed-Version": str(function.version) if qualifier else "$LATEST",
        }
        if answer.function_error:
            headers["X-Amz-Function-Error"] = answer.function_error
        if response.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(answer.log_tail).decode()
        return 200, headers, answer.payload

    def invoke_function(
        function: LambdaFunction, body: Any, request_headers: Any, response_headers: Any
    ) -> bytes:
        """Serve moto's own callers: topics, queues, rules and log subscriptions."""
        content = body if isinstance(body, bytes) else str(body or "").encode()
        if str(request_headers.get("x-amz-invocation-type", "")).lower() == "event":
            executor.invoke_later(function, content)
            return b""
        answer = executor.invoke(function, content)
        if answer.function_error:
            response_headers["x-amz-function-error"] = answer.function_error
        return answer.payload

    quotas.install()
    execution_role.install(context)
    LambdaResponse.invoke = invoke
    LambdaFunction.invoke = invoke_function


def _client_context(response: LambdaResponse) -> Any:
    encoded = response.headers.get("X-Amz-Client-Context")
    return json.loads(base64.b64decode(encoded)) if encoded else None
