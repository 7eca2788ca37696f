"""What the commands remember between calls, in one JSON file next to the local AWS's state."""

import json
from pathlib import Path

from pydantic import BaseModel


class Memory(BaseModel):
    """Content of ``<home>/pipeline.json``; a missing or broken file counts as empty.

    Examples
    --------
    >>> Memory.read(Path("/nowhere/pipeline.json")).last_as_of is None
    True
    """

    last_as_of: str | None = None
    """Logical time of the last simulated night that succeeded."""
    simulator_pid: int | None = None
    simulator_url: str | None = None
    simulator_world: str | None = None
    """Seed and size that the running simulator was started with."""

    @classmethod
    def read(cls, path: Path) -> "Memory":
        """Return the memory that is stored at ``path``."""
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not UTF-8, not JSON, or another form
            return cls()

    def write(self, path: Path) -> None:
        """Write it in one step: a kill leaves the old file or the new one, never half."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(self.model_dump(), indent=2), encoding="utf-8")
        unfinished.replace(path)
