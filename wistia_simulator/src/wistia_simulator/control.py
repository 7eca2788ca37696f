"""``/_simulator``: the clock, the switches, and the truth behind the API. It needs no token."""

import json
from typing import Any

from wistia_simulator import truth
from wistia_simulator.account import Account
from wistia_simulator.clock import zulu
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.faults import Faults
from wistia_simulator.responses import Request, Response


def handle(account: Account, environ: dict[str, Any], path: str) -> Response:
    """Answer one control request."""
    method, name = environ["REQUEST_METHOD"], path.removeprefix("/_simulator").strip("/")
    try:
        if method == "GET":
            return _read(account, name, Request.parse_query(environ["QUERY_STRING"]))
        if method == "PUT":
            return _write(account, name, _body(environ))
    except SimulatorInputError as error:
        return Response.error(400, str(error))
    return Response.error(405, f"{method} /_simulator/{name} does not exist; use GET or PUT")


def _body(environ: dict[str, Any]) -> Any:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    try:
        return json.loads(environ["wsgi.input"].read(length) or b"{}")
    except ValueError as error:
        raise SimulatorInputError(f"the body is not JSON: {error}") from error


def _read(account: Account, name: str, query: dict[str, list[str]]) -> Response:
    match name:
        case "" | "health":
            return Response.of({"status": "ok", "now": zulu(account.now)})
        case "clock":
            return Response.of({"now": zulu(account.now)})
        case "faults":
            return Response.of(account.faults.to_json())
        case "stats":
            return Response.of({"now": zulu(account.now), **account.log.to_json()})
        case "truth":
            given = {key: values[-1] for key, values in query.items()}
            return Response.of(truth.as_json(account, given))
    return Response.error(
        404, f"/_simulator/{name} does not exist; use clock, faults, stats or truth"
    )


def _write(account: Account, name: str, given: Any) -> Response:
    match name:
        case "clock":
            if not isinstance(given, dict) or not isinstance(given.get("now"), str):
                raise SimulatorInputError('send the time as {"now": "2026-03-02T02:00:00Z"}')
            account.clock.set(given["now"])
            return Response.of({"now": zulu(account.now)})
        case "faults":
            account.faults = Faults.from_json(given)
            return Response.of(account.faults.to_json())
        case "stats":
            account.log.reset()
            return Response.of(account.log.to_json())
        case "medias":
            return Response.of(_change_media(account, given))
    return Response.error(
        404,
        f"/_simulator/{name} cannot be set; use clock, faults, medias or stats (to reset it)",
    )


def _change_media(account: Account, given: Any) -> dict[str, Any]:
    """Change a media: ``{"hashed_id", "event", "at", and the event's field}``."""
    fields = dict(given) if isinstance(given, dict) else {}
    hashed_id, event = fields.pop("hashed_id", None), fields.pop("event", None)
    at = fields.pop("at", None)
    is_moment = at is None or isinstance(at, str)
    if not isinstance(hashed_id, str) or not isinstance(event, str) or not is_moment:
        raise SimulatorInputError(
            'send the change as {"hashed_id": "…", "event": "archive"}; '
            '"at" may be a time such as "2026-03-02T12:00:00Z"'
        )
    account.change_media(hashed_id, event, at, fields)
    return {"hashed_id": hashed_id, "event": event}
