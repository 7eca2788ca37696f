"""What this Athena does of the documented one, from ``support.toml``."""

import functools
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@functools.cache
def entries() -> dict[str, list[dict[str, Any]]]:
    """Read ``support.toml``."""
    with (FOLDER / "support.toml").open("rb") as file:
        return tomllib.load(file)
