"""Talk to a running server about what AWS has no API for."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from localaws import errors
from localaws.connections.endpoints import read_endpoints
from localaws.connections.home_key import KEY_HEADER, home_key
from localaws.settings import Settings

CONTROL_PREFIX = "/_localaws/"


def call_control(
    settings: Settings,
    name: str,
    payload: dict[str, Any] | None = None,
    *,
    timeout: float = 60.0,
) -> dict[str, Any]:
    """Call what an executor registered with ``ServerContext.add_control``.

    Parameters
    ----------
    settings
        Names the home of the server.
    name
        Name of the control.
    payload
        What the handler gets.
    timeout
        Seconds to wait for the answer.

    Raises
    ------
    NotRunningError
        No server runs in this home.
    LocalAwsError
        What the handler raised, of the same class.
    """
    url = urlsplit(read_endpoints(settings).endpoint_url)
    connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
    try:
        headers = {KEY_HEADER: home_key(settings).header}
        connection.request("POST", CONTROL_PREFIX + name, json.dumps(payload or {}), headers)
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise errors.NotRunningError(
            f"localaws in {settings.home} does not answer ({error or type(error).__name__}). See"
            f" {settings.logs_dir / 'server.log'}. `localaws down` and `localaws up` restart it."
        ) from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        kind = getattr(errors, str(answer.get("type")), errors.LocalAwsError)
        raise kind(str(answer.get("message")))
    return answer
