"""Knows which folder and interpreter stand for a container image on this machine."""

from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, TypeAdapter, ValidationError

from localaws.errors import LocalAwsError
from localaws.settings import Settings


class ImageError(LocalAwsError):
    """The register of images cannot be read."""


class LocalImage(BaseModel, frozen=True):
    """What stands for an image: the folder its command runs in, and its Python.

    Attributes
    ----------
    root
        The image's working directory.
    python
        Interpreter whose folder comes first in PATH, so that ``python`` and its scripts are found.
    """

    root: Path
    python: Path


_REGISTER = TypeAdapter(dict[str, LocalImage])


class ImageRegister:
    """The file ``images.json`` of a home.

    Parameters
    ----------
    settings
        Whose home.
    """

    def __init__(self, settings: Settings) -> None:
        self._file = settings.home / "images.json"

    def add(self, uri: str, image: LocalImage) -> None:
        """Let ``image`` stand for the image address ``uri``, replacing what stood for it before."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(self._file.with_suffix(".lock"))):
            images = {**self.all(), uri: image}
            partial = self._file.with_suffix(".part")
            partial.write_bytes(_REGISTER.dump_json(images, indent=2))
            partial.replace(self._file)

    def find(self, uri: str) -> LocalImage | None:
        """Give what stands for an image address, None if nothing does."""
        return self.all().get(uri)

    def all(self) -> dict[str, LocalImage]:
        """Give the whole register, empty if nothing was ever registered.

        Raises
        ------
        ImageError
            The file holds something else.
        """
        try:
            return _REGISTER.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError as error:
            raise ImageError(
                f"Cannot read the images of this localaws from {self._file}: "
                f"{error.errors()[0]['msg']}. Delete the file and deploy again."
            ) from error
