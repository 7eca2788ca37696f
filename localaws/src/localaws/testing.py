"""A localaws for the duration of a ``with`` block.

Examples
--------
pytest has the fixture ``localaws`` (``localaws.pytest_plugin``). An account for one test only::

    def test_bucket(tmp_path):
        with localaws.testing.start(tmp_path, trino_eager=False) as aws:
            aws.client("s3").create_bucket(Bucket="mine")
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from localaws import lifecycle
from localaws.connections.control_client import call_control
from localaws.connections.endpoints import Endpoints, aws_environment
from localaws.connections.home_key import home_key
from localaws.faults.client import FaultClient
from localaws.settings import Settings


class LocalAws:
    """A running localaws.

    Parameters
    ----------
    settings
        Settings that it was started with.
    endpoints
        Where it is.
    """

    def __init__(self, settings: Settings, endpoints: Endpoints) -> None:
        self.settings = settings
        self._endpoints = endpoints

    @property
    def endpoint_url(self) -> str:
        """Address of all AWS services."""
        return self._endpoints.endpoint_url

    @property
    def account_id(self) -> str:
        """The account's number."""
        return self.settings.account_id

    @property
    def region(self) -> str:
        """The default region."""
        return self.settings.region

    def environment(self) -> dict[str, str]:
        """Variables with which a child process reaches this account and no other."""
        return {
            **aws_environment(self.endpoint_url, self.settings),
            "LOCALAWS_HOME": str(self.settings.home),
            "LOCALAWS_CACHE": str(self.settings.cache),
        }

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of a service, whatever the environment says."""
        return self.session().client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint_url,
            config=Config(retries={"max_attempts": 1}, read_timeout=300),
            **options,
        )

    def session(self) -> boto3.Session:
        """Return a boto3 session with this account's keys."""
        key = home_key(self.settings)
        return boto3.Session(
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            region_name=self.region,
        )

    def wait_for_trino(self) -> str:
        """Wait until Trino takes queries and return its address."""
        timeout = self.settings.start_timeout_seconds
        return str(call_control(self.settings, "wait-for-trino", timeout=timeout + 10)["trino_url"])

    @property
    def faults(self) -> FaultClient:
        """Faults on demand: ``aws.faults.add("s3:PutObject", status=503, times=2)``."""
        return FaultClient(self.settings)

    def save(self) -> None:
        """Save the state now, as the background would do within seconds."""
        call_control(self.settings, "save")

    def iam_report(self) -> dict[str, Any]:
        """Return what policies grant and nothing used, and what they denied.

        Returns
        -------
        dict
            ``mode``, ``unused`` and ``denied``, as ``localaws iam report --json`` prints them.
        """
        return call_control(self.settings, "iam-report")

    def reset(self) -> None:
        """Empty the account."""
        call_control(self.settings, "reset")


@contextmanager
def start(home: Path, **settings: Any) -> Iterator[LocalAws]:
    """Run a localaws for the duration of a ``with`` block.

    Parameters
    ----------
    home
        Folder of its state and logs, such as a temporary one.
    settings
        Other fields of ``Settings``.

    Raises
    ------
    LocalAwsError
        It did not start; the text says why.
    """
    chosen = Settings(home=home, **settings)
    started = lifecycle.up(chosen)
    try:
        yield LocalAws(chosen, started.endpoints)
    finally:
        lifecycle.down(chosen)
