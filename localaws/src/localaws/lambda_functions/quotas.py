"""Sizes of code and environment that Lambda takes.

"Lambda quotas" in the developer guide; the words are those of many reports of failed deploys, such
as github-aws-runners/terraform-aws-github-runner#3594 for the environment.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction

ENVIRONMENT_BYTES = 4096
UNZIPPED_BYTES = 262_144_000
"""Of the code alone, or with its layers."""


def check_environment(variables: Mapping[str, Any]) -> None:
    """Refuse an environment that is too large.

    Raises
    ------
    moto.awslambda.exceptions.LambdaClientError
        In Lambda's words.
    """
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > ENVIRONMENT_BYTES:
        raise LambdaClientError(
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the 4KB limit. String measured: {measured}",
        )


def check_code(content: bytes) -> None:
    """Refuse code that is too large when it is unpacked; what is no zip is refused elsewhere.

    Raises
    ------
    moto.awslambda.exceptions.LambdaClientError
        In Lambda's words.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        return
    if size >= UNZIPPED_BYTES:
        raise LambdaClientError(
            "InvalidParameterValueException",
            f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes",
        )


def _environment(request: Mapping[str, Any]) -> Mapping[str, Any]:
    variables: Mapping[str, Any] = (request.get("Environment") or {}).get("Variables") or {}
    return variables


def install() -> None:
    """Check functions when they are created and changed; nothing is changed by a refused call."""
    create, update_code = LambdaFunction.__init__, LambdaFunction.update_function_code
    configure = LambdaFunction.update_configuration

    def checked_create(function: LambdaFunction, *args: Any, **kwargs: Any) -> None:
        create(function, *args, **kwargs)
        check_environment(function.environment_vars or {})
        check_code(getattr(function, "code_bytes", b""))

    def checked_update(function: LambdaFunction, request: dict[str, Any]) -> dict[str, Any]:
        before = dict(function.__dict__)
        answer: dict[str, Any] = update_code(function, request)
        try:
            check_code(function.code_bytes)
        except LambdaClientError:
            function.__dict__.clear()
            function.__dict__.update(before)
            raise
        return answer

    def checked_configure(function: LambdaFunction, request: dict[str, Any]) -> dict[str, Any]:
        check_environment(_environment(request))
        answer: dict[str, Any] = configure(function, request)
        return answer

    LambdaFunction.__init__ = checked_create
    LambdaFunction.update_function_code = checked_update
    LambdaFunction.update_configuration = checked_configure
