"""The operator's key of a home: random, made once, in a file that only its owner can read."""

import json
import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

from localaws.errors import LocalAwsError
from localaws.settings import Settings

KEY_HEADER = "X-Localaws-Key"
"""Header with the home's key in calls of ``/_localaws/``, which have no signature."""

PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_NAME = "credentials.json"
_ID_LETTERS = string.ascii_uppercase + "234567"
"""AWS's access key ids are base32 behind their prefix."""
_SECRET_LETTERS = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True)
class Key:
    """A pair of an access key id and its secret."""

    access_key_id: str
    secret_access_key: str

    @property
    def header(self) -> str:
        """What stands in ``KEY_HEADER``."""
        return f"{self.access_key_id}:{self.secret_access_key}"


def random_key(prefix: str = "AKIA") -> Key:
    """Return a new key of the form that AWS uses.

    Parameters
    ----------
    prefix
        ``AKIA`` for a lasting key, ``ASIA`` for a temporary one.

    Examples
    --------
    >>> key = random_key()
    >>> key.access_key_id[:4], len(key.access_key_id), len(key.secret_access_key)
    ('AKIA', 20, 40)
    """
    return Key(
        prefix + "".join(secrets.choice(_ID_LETTERS) for _ in range(20 - len(prefix))),
        "".join(secrets.choice(_SECRET_LETTERS) for _ in range(40)),
    )


def home_key(settings: Settings) -> Key:
    """Return the operator's key of a home, made with the first call.

    Raises
    ------
    LocalAwsError
        The file holds something else.
    """
    path = settings.home / _NAME
    if not path.exists():
        _write(path, random_key())
    try:
        content = json.loads(path.read_text())
        return Key(str(content["access_key_id"]), str(content["secret_access_key"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LocalAwsError(
            f"The key of this account cannot be read from {path}: {error!r}. Delete the file, then"
            " run `localaws down` and `localaws up`: that makes a new key."
        ) from error


def make_private(settings: Settings) -> None:
    """Close a home to other users of the machine, also one that was open to them.

    Raises
    ------
    OSError
        The home cannot be written, or is not this user's.
    """
    for folder in (settings.home, settings.run_dir, settings.logs_dir):
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    for entry in [settings.home, *settings.home.iterdir()]:
        if entry.is_dir() and not entry.is_symlink():
            entry.chmod(PRIVATE_FOLDER)
    key = settings.home / _NAME
    if key.exists():
        key.chmod(_PRIVATE_FILE)


def _write(path: Path, key: Key) -> None:
    """Write a key unless somebody else just did: all must get the same."""
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    part = path.with_name(f"{_NAME}.{secrets.token_hex(8)}.part")
    content = {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
    try:
        os.link(part, path)  # unlike a rename, it never replaces
    except FileExistsError:
        pass
    finally:
        part.unlink()
