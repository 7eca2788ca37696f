"""A server's context whose children are recorded, and end at once instead of doing anything."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from localaws.child_processes.processes import ChildProcesses
from localaws.connections.endpoints import aws_environment
from localaws.credentials import Identity, Kind
from localaws.settings import Settings

ENDPOINT_URL = "http://127.0.0.1:4566"
ROLE = "arn:aws:iam::123456789012:role/role"
OPERATOR = Identity(
    kind=Kind.OPERATOR,
    arn="arn:aws:iam::123456789012:user/operator",
    user_id="operator",
    account_id="123456789012",
    access_key_id="AKIAOPERATOR",
    secret="secret",
)


def context_in(folder: Path) -> Any:
    """Return what an executor needs of a server whose home is a folder."""
    settings = Settings(home=folder)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    children = ChildProcesses(
        owner=f"{folder}#1", logs_dir=settings.logs_dir, run_dir=settings.run_dir
    )
    return SimpleNamespace(
        settings=settings,
        endpoint_url=ENDPOINT_URL,
        region=settings.region,
        account_id=settings.account_id,
        aws_environment=lambda _identity=None: aws_environment(ENDPOINT_URL, settings),
        access=SimpleNamespace(
            role_session=lambda *_: OPERATOR, why_denied=lambda *_: None, caller=lambda: OPERATOR
        ),
        children=children,
    )


@contextmanager
def recorded_environments() -> Iterator[list[dict[str, str]]]:
    """Record the environment of each process that is started; run ``true`` instead of it."""
    environments: list[dict[str, str]] = []
    start = subprocess.Popen

    def record(argv: list[str], *, env: dict[str, str], **options: Any) -> Any:
        environments.append(dict(env))
        return start(["/bin/true"], **options)

    with mock.patch.object(subprocess, "Popen", record):
        yield environments
