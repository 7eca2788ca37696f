"""Clients with which an executor, inside the server, calls the AWS that it is part of."""

import threading
from collections import OrderedDict
from typing import Any

import boto3
from botocore.config import Config

from localaws.connections.kept_connections import keep_connections
from localaws.context import ServerContext
from localaws.credentials import Identity

_lock = threading.Lock()
"""boto3 loads service models when it makes a client, and is not thread-safe while it does."""
_clients: OrderedDict[tuple[str, ...], Any] = OrderedDict()
_KEPT_CLIENTS = 128


def aws_client(
    context: ServerContext,
    service: str,
    region: str | None = None,
    identity: Identity | None = None,
) -> Any:
    """Return a client of this server, made once a service, region and key: making one takes 50 ms.

    Errors come back at once: a retry inside localaws would only hide what a test wants to see.
    A connection that the server has closed in the meantime is no such error.

    Parameters
    ----------
    context
        The server.
    service, region
        As boto3 calls them; the default region if none is given.
    identity
        Who asks; None is the operator.
    """
    aws = context.aws_environment(identity)
    key = (context.endpoint_url, service, region or context.region, aws["AWS_ACCESS_KEY_ID"])
    with _lock:
        if key in _clients:
            _clients.move_to_end(key)
        else:
            session: Any = boto3.session.Session()
            client = session.client(
                service,
                endpoint_url=context.endpoint_url,
                region_name=region or context.region,
                aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=aws.get("AWS_SESSION_TOKEN") or None,
                config=Config(
                    parameter_validation=False,
                    retries={"max_attempts": 0, "total_max_attempts": 1},
                    read_timeout=24 * 3600,
                    max_pool_connections=10,
                ),
            )
            keep_connections(client, longest_idle_seconds=context.settings.keep_alive_seconds / 2)
            _clients[key] = client
            while len(_clients) > _KEPT_CLIENTS:
                _clients.popitem(last=False)
        return _clients[key]
