"""Where a running localaws can be reached: written by the server, read by everybody else."""

import json
import os
import threading
from pathlib import Path

import psutil
from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from localaws.connections.home_key import home_key
from localaws.errors import NotRunningError
from localaws.settings import Settings

LOCK_WAIT_SECONDS = 0.5


class Endpoints(BaseModel):
    """Content of ``<home>/endpoints.json``."""

    endpoint_url: str
    trino_url: str
    pids: dict[str, int]
    server_id: str
    started_at: str

    def write(self, path: Path) -> None:
        """Write the file in one step: no reader sees half of it, whoever else writes it."""
        part = path.with_name(f"{path.name}.{threading.get_ident()}.part")
        part.write_text(self.model_dump_json(indent=2))
        part.replace(path)


def server_lock(settings: Settings) -> FileLock:
    """Return the lock that a server holds as long as it lives; the kernel frees it at its death."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.run_dir / "server.lock")


def is_running(settings: Settings) -> bool:
    """Return whether a server runs in this home, whatever stale files say."""
    if not (settings.run_dir / "server.lock").exists():
        return False
    lock = server_lock(settings)
    try:
        lock.acquire(timeout=LOCK_WAIT_SECONDS)  # others may be asking the same in this instant
    except Timeout:
        return True
    lock.release()
    return False


def read_endpoints(settings: Settings) -> Endpoints:
    """Return where the running server of this home is.

    Raises
    ------
    NotRunningError
        No server runs in this home.
    """
    try:
        endpoints = Endpoints.model_validate_json(settings.endpoints_file.read_text())
    except (OSError, ValidationError):
        endpoints = None
    if endpoints is None or not _is_alive(endpoints, settings):
        raise NotRunningError(
            f"No localaws runs in {settings.home}. Start it with `localaws up`, or name its home in"
            " LOCALAWS_HOME."
        )
    return endpoints


def _is_alive(endpoints: Endpoints, settings: Settings) -> bool:
    """Trust the pid only together with the lock: after a reboot it may be anybody's."""
    return psutil.pid_exists(endpoints.pids.get("server", -1)) and is_running(settings)


def aws_environment(endpoint_url: str, settings: Settings) -> dict[str, str]:
    """Return the variables with which any AWS SDK reaches this account and no other.

    Parameters
    ----------
    endpoint_url
        Address of the server.
    settings
        Home, region and account.
    """
    key = home_key(settings)
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        # SDKs take the empty text for none; the user's own token would not fit this key.
        "AWS_SESSION_TOKEN": "",
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        "AWS_ACCOUNT_ID": settings.account_id,
        # A profile of the user's would reach for real AWS.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def read_last_port(settings: Settings) -> int:
    """Return the port of the previous server of this home, 0 if there was none."""
    try:
        return int(json.loads((settings.home / "port.json").read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def write_last_port(settings: Settings, port: int) -> None:
    """Remember the port: the saved state and people's shells may contain it."""
    (settings.home / "port.json").write_text(json.dumps({"port": port}))
