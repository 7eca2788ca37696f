"""What the commands remember between calls, in one JSON file beside the local AWS's state."""

import json
from pathlib import Path

from pydantic import BaseModel


class Memory(BaseModel):
    """Content of ``<home>/pipeline.json``; a missing or broken file is an empty memory.

    Examples
    --------
    >>> Memory.read(Path("/nowhere/pipeline.json")).last_as_of is None
    True
    """

    last_as_of: str | None = None
    """Logical time of the last simulated night that succeeded."""
    deployed: str | None = None
    """Hash of template, parameters and artifacts of the last deploy."""
    token_hash: str | None = None
    """Hash of the token that the secret holds, to leave it alone when nothing changed."""
    simulator_pid: int | None = None
    simulator_url: str | None = None
    simulator_world: str | None = None
    """Seed and size that the running simulator was started with."""
    last_execution: str | None = None

    @classmethod
    def read(cls, path: Path) -> "Memory":
        """Read the memory."""
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not UTF-8, no JSON, or not of this form
            return cls()

    def write(self, path: Path) -> None:
        """Write it in one step, so that a kill leaves the old or the new, never half."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(self.model_dump(), indent=2), encoding="utf-8")
        unfinished.replace(path)
