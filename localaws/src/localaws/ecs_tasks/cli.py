"""``localaws image …``: tells localaws what to run for a container image."""

from pathlib import Path
from typing import Annotated

import typer

from localaws.ecs_tasks.images import ImageRegister, LocalImage
from localaws.settings import Settings

app = typer.Typer(help="Container images, and what runs for them on this machine.")


@app.command()
def register(
    uri: Annotated[str, typer.Argument(help="Address of the image, as task definitions name it.")],
    root: Annotated[Path, typer.Option(help="Folder that stands for the image's work folder.")],
    python: Annotated[Path, typer.Option(help="Python interpreter that the image would have.")],
) -> None:
    """Run containers of an image from a folder, with an interpreter of this machine."""
    # The link in a virtual environment must stay: resolved, it is the bare interpreter.
    interpreter = Path.cwd() / python.expanduser()
    ImageRegister(Settings()).add(
        uri, LocalImage(root=root.expanduser().resolve(), python=interpreter)
    )
    typer.echo(f"{uri} runs in {root} with {python}")


@app.command("list")
def list_images() -> None:
    """Show all registered images."""
    for uri, image in sorted(ImageRegister(Settings()).all().items()):
        typer.echo(f"{uri}\t{image.root}\t{image.python}")
