"""Switches of the commands: DELETE_DATA=1, YES=no."""

from orchestration.errors import PipelineError

_SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("", "0", "false", "no", "off"), False),
}


def is_on(name: str, typed: str) -> bool:
    """Return whether a switch is on: DELETE_DATA=0 or YES=no mean off."""
    try:
        return _SWITCHES[typed.strip().lower()]
    except KeyError:
        raise PipelineError(
            f"{name}={typed} is neither on nor off: use {name}=1, true or yes for on; 0, false, no "
            "or nothing for off."
        ) from None
