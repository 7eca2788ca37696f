"""The AWS that a command acts on: localaws or an account, behind the same clients."""

import json
import os
import shlex
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from orchestration.errors import PipelineError
from orchestration.settings import Settings

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=70
)


class Cloud:
    """Clients and identity of one AWS.

    Parameters
    ----------
    settings
        Names the AWS and the region.

    Examples
    --------
    >>> Cloud(Settings()).client("s3")  # doctest: +SKIP
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        if settings.is_local:
            # For this process and its children: nothing may reach a real account by mistake.
            os.environ.pop("AWS_PROFILE", None)
            os.environ.update(_local_environment(settings.localaws_home))
        # The typed overloads accept only literal service names.
        self._session: Any = boto3.Session(region_name=settings.region)
        if self._session.get_credentials() is None:
            raise PipelineError(
                "No AWS credentials found. Run `aws configure` or `aws sso login` (and set "
                "AWS_PROFILE), or leave out TARGET=aws to use the local AWS."
            )
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the client of a service, always the same one."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, config=_CONFIG)
        return self._clients[service]

    @property
    def account_id(self) -> str:
        """Account number of the credentials.

        Raises
        ------
        PipelineError
            AWS does not accept the credentials.
        """
        return str(self._caller["Account"])

    @property
    def partition(self) -> str:
        """``aws``, or that of AWS's separate clouds (China, the US government)."""
        return str(self._caller["Arn"]).split(":")[1]

    @property
    def caller_arn(self) -> str:
        """ARN of the user or role whose credentials these are, as policies name it."""
        arn = str(self._caller["Arn"])
        if ":assumed-role/" not in arn:
            return arn
        # A session's ARN lacks the path of its role.
        name = arn.split("/")[1]
        return str(self.client("iam").get_role(RoleName=name)["Role"]["Arn"])

    @cached_property
    def _caller(self) -> dict[str, Any]:
        try:
            identity: dict[str, Any] = self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise PipelineError(
                f"AWS could not identify the caller: {error}. Log in again, then run the command "
                "again."
            ) from None
        return identity

    @property
    def data_bucket(self) -> str:
        """Bucket of everything the pipeline stores."""
        return f"{self.settings.stack_name}-data-{self.account_id}-{self.settings.region}"

    @property
    def artifacts_bucket(self) -> str:
        """Bucket of the packaged code."""
        return f"{self.settings.stack_name}-artifacts-{self.account_id}-{self.settings.region}"

    def read_json(self, key: str) -> dict[str, Any]:
        """Return a JSON object of the data bucket; empty if it is missing or something else."""
        try:
            body = self.client("s3").get_object(Bucket=self.data_bucket, Key=key)["Body"].read()
            value = json.loads(body)
        except (ClientError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def state_machine_arn(self, kind: str = "nightly") -> str:
        """Return the ARN of the ``nightly`` or ``upkeep`` state machine."""
        return (
            f"arn:aws:states:{self.settings.region}:{self.account_id}:stateMachine:"
            f"{self.settings.stack_name}-{kind}"
        )


def program(name: str) -> str:
    """Return the path of a console script of this virtual environment."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def _local_environment(home: Path) -> dict[str, str]:
    result = subprocess.run(
        [program("localaws"), "env"],
        env=os.environ | {"LOCALAWS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"No local AWS is running in {home}."]
        raise PipelineError(f"{lines[-1].removeprefix('localaws: ')} In this project: `make up`.")
    pairs = (
        line.removeprefix("export ").partition("=")
        for line in result.stdout.splitlines()
        if line.startswith("export ")
    )
    return {name: shlex.split(value)[0] if value else "" for name, _, value in pairs}
