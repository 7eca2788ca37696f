"""Changes of a media's life while the simulator runs."""

from collections.abc import Callable, Mapping
from typing import Any

from wistia_simulator.clock import to_epoch
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.medias import Catalog, MediaLife

EVENTS: dict[str, Callable[[MediaLife, int], None]] = {
    "archive": lambda life, at: life.turn(life.archiving, at, on=True),
    "unarchive": lambda life, at: life.turn(life.archiving, at, on=False),
    "delete": lambda life, at: life.turn(life.deletion, at, on=True),
    "restore": lambda life, at: life.turn(life.deletion, at, on=False),
}
# Events that take a value: the field of the media that gets it.
FIELDS = {"rename": "name", "swap": "duration"}


def change_media(
    catalog: Catalog, hashed_id: str, event: str, at: str | int, fields: Mapping[str, Any]
) -> None:
    """Change a media from a moment on.

    Parameters
    ----------
    catalog
        The catalog with the media.
    hashed_id
        The media's id.
    event
        ``archive``, ``unarchive``, ``delete``, ``restore``, ``rename`` (with the field ``name``)
        or ``swap`` (with the field ``duration``).
    at
        When it happens.
    fields
        The event's field, if it has one.

    Raises
    ------
    SimulatorInputError
        There is no such media or event, or the event has not exactly its field.
    """
    life = catalog.ever(hashed_id)
    if life is None:
        raise SimulatorInputError(f"there is no media {hashed_id!r} in this account")
    moment = at if isinstance(at, int) else to_epoch(at)
    needed = FIELDS.get(event)
    if needed is None and event not in EVENTS:
        raise SimulatorInputError(
            f"{event!r} cannot happen to a media; use {', '.join((*EVENTS, *FIELDS))}"
        )
    if set(fields) != ({needed} if needed else set()):
        raise SimulatorInputError(
            f"{event} takes {f'the field {needed}' if needed else 'no field'}, "
            f"but got {', '.join(sorted(fields)) or 'none'}"
        )
    if needed:
        life.add_change(moment, fields)
        catalog.note_renames()
    else:
        EVENTS[event](life, moment)
