"""Who may talk to Trino: only who can read the key of the home.

Trino checks a JSON web token that is signed with a secret made from that key. It takes tokens over
HTTPS only, or from a proxy that says that it was spoken to over HTTPS. Everything here is on one
machine, so clients say so themselves; without a token nobody is answered either way.
"""

import base64
import hashlib
import hmac
import json

from localaws.connections.home_key import home_key
from localaws.settings import Settings

USER = "athena"
"""The one user of Trino."""


def engine_secret(settings: Settings) -> bytes:
    """Return the secret with which tokens for the Trino of a home are signed."""
    return hashlib.sha256(f"trino {home_key(settings).secret_access_key}".encode()).digest()


def engine_headers(settings: Settings) -> dict[str, str]:
    """Return the headers with which the Trino of a home answers."""
    head = {"alg": "HS256", "typ": "JWT"}
    signed = ".".join(_text(json.dumps(part).encode()) for part in (head, {"sub": USER}))
    signature = hmac.new(engine_secret(settings), signed.encode(), hashlib.sha256).digest()
    return {
        "Authorization": f"Bearer {signed}.{_text(signature)}",
        "X-Forwarded-Proto": "https",
    }


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
