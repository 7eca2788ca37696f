"""Clients with which an executor, inside the server, calls the AWS that it is part of."""

import threading
from typing import Any

import boto3
from botocore.config import Config

from localaws.connections.kept_connections import keep_connections
from localaws.context import ServerContext

_lock = threading.Lock()
"""boto3 loads service models when it makes a client, and is not thread-safe while it does."""
_clients: dict[tuple[str, str, str], Any] = {}


def aws_client(context: ServerContext, service: str, region: str | None = None) -> Any:
    """Return a client of this server, made once a service and region: making one takes 50 ms.

    Errors come back at once: a retry inside localaws would only hide what a test wants to see.
    A connection that the server has closed in the meantime is no such error.
    """
    key = (context.endpoint_url, service, region or context.region)
    with _lock:
        if key not in _clients:
            aws = context.aws_environment()
            session: Any = boto3.session.Session()
            client = session.client(
                service,
                endpoint_url=context.endpoint_url,
                region_name=region or context.region,
                aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
                config=Config(
                    parameter_validation=False,
                    retries={"max_attempts": 0, "total_max_attempts": 1},
                    read_timeout=24 * 3600,
                    max_pool_connections=10,
                ),
            )
            keep_connections(client, longest_idle_seconds=context.settings.keep_alive_seconds / 2)
            _clients[key] = client
        return _clients[key]
