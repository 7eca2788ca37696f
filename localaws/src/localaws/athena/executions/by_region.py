"""One service per region, made when it is first asked for."""

import threading

from moto.athena.responses import AthenaResponse

from localaws.athena.executions.service import AthenaService
from localaws.context import ServerContext

_lock = threading.Lock()
_services: dict[str, AthenaService] = {}
_context: list[ServerContext] = []


def use(context: ServerContext) -> None:
    """Set the server that the services belong to."""
    with _lock:
        _context[:] = [context]
        _services.clear()


def service(region: str) -> AthenaService:
    """Return the service of a region."""
    with _lock:
        found = _services.get(region)
        if found is None:
            found = _services[region] = AthenaService(_context[0], region)
        return found


def service_of(response: AthenaResponse) -> AthenaService:
    """Return the service that a request is for."""
    return service(response.region)


def forget() -> None:
    """Drop the services with what they remember of requests."""
    with _lock:
        _services.clear()


def all_services() -> list[AthenaService]:
    """Return the services that were asked for so far."""
    with _lock:
        return list(_services.values())
