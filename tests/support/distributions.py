"""What the workspace's three distributions declare, hold and import."""

import ast
import email
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestration.settings import REPOSITORY_ROOT

UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True)
class Distribution:
    """A folder with a pyproject.toml, relative to the repository."""

    folder: str

    @property
    def path(self) -> Path:
        return REPOSITORY_ROOT / self.folder

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        return tomllib.loads((self.path / "pyproject.toml").read_text(encoding="utf-8"))

    @property
    def name(self) -> str:
        return str(self.pyproject["project"]["name"])

    @cached_property
    def files(self) -> list[str]:
        """Return the files of its folder that git tracks or would track."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.path,
            capture_output=True,
            text=True,
            check=True,
        )
        return sorted(
            {name for name in listed.stdout.split("\0") if name and (self.path / name).is_file()}
        )

    @cached_property
    def sources(self) -> dict[str, Path]:
        """Return the files of its packages, named as a wheel names them."""
        find = self.pyproject["tool"]["setuptools"]["packages"]["find"]
        (where,) = find.get("where", ["."])
        prefix = "" if where == "." else f"{where}/"
        included = [pattern.rstrip("*") for pattern in find.get("include", [])]
        return {
            name.removeprefix(prefix): self.path / name
            for name in self.files
            if name.startswith(prefix)
            and (not included or name.removeprefix(prefix).partition("/")[0] in included)
        }

    def declared(self, *groups: str) -> set[str]:
        """Return the distributions named by its dependencies and extras, or by these groups."""
        project = self.pyproject["project"]
        lists = [self.pyproject["dependency-groups"][group] for group in groups] or [
            project["dependencies"],
            *project.get("optional-dependencies", {}).values(),
        ]
        texts = [text for part in lists for text in part if isinstance(text, str)]
        return {str(canonicalize_name(Requirement(text).name)) for text in texts}

    def build_wheel(self, scratch: Path) -> Path:
        """Build its wheel from a copy: an old build/ folder would add modules that are gone."""
        copy = scratch / "source"
        for name in self.files:
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.path / name, target)
        command = [UV, "build", "--wheel", "--no-build-isolation", "--python", sys.executable]
        subprocess.run(
            [*command, "--out-dir", scratch / "wheels", copy], capture_output=True, check=True
        )
        (wheel,) = (scratch / "wheels").glob("*.whl")
        return wheel


@dataclass(frozen=True)
class Wheel:
    """A built wheel."""

    path: Path

    def names(self) -> set[str]:
        with zipfile.ZipFile(self.path) as archive:
            return set(archive.namelist())

    def information(self, name: str) -> str:
        """Return a file of its dist-info folder."""
        with zipfile.ZipFile(self.path) as archive:
            (found,) = (
                entry for entry in archive.namelist() if entry.endswith(f".dist-info/{name}")
            )
            return archive.read(found).decode()

    def metadata(self) -> Message:
        return email.message_from_string(self.information("METADATA"))


def module_name(source: str) -> str:
    """Return the module that a file of a wheel is."""
    return source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Return the modules that Python files import anywhere, each with the files that do."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            for name in names:
                found.setdefault(name, set()).add(str(path.relative_to(REPOSITORY_ROOT)))
    return found


def third_party(modules: Iterable[str], own: set[str]) -> dict[str, set[str]]:
    """Return the top-level modules of others, each with the distributions that bring it."""
    installed = packages_distributions()
    tops = {name.partition(".")[0] for name in modules} - own - set(sys.stdlib_module_names)
    return {top: {str(canonicalize_name(d)) for d in installed.get(top, [])} for top in tops}
