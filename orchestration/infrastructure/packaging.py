"""Builds what the template deploys: Lambda zips, the Glue script, the state machines, the image.

Everything is named after its content and kept under ``build/``: a second deploy of the same
content builds and uploads nothing.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from orchestration.errors import PipelineError
from orchestration.infrastructure import content
from orchestration.settings import REPOSITORY_ROOT

LAMBDA_PLATFORM = "x86_64-manylinux2014"
LAMBDA_PYTHON = "3.11"
# The dbt image contains these; the Dockerfile copies the same list (a test compares).
IMAGE_PATHS = (
    "dbt_project.yml",
    "profiles.yml.example",
    "selectors.yml",
    "requirements/dbt_image.txt",
    "models",
    "macros",
    "dbt_project/analyses",
    "dbt_project/docs",
    "tests/dbt",
    "orchestration/__init__.py",
    "orchestration/dbt_task",
)
# The Glue job cannot install libraries: what it needs of one is in its zip.
REGIONS_TABLE = "ingestion/normalize/regions.csv"
_REGIONS_SOURCE = "ingestion/normalize/regions_library.py"


@dataclass(frozen=True)
class Artifact:
    """A file for the artifacts bucket; ``parameter`` of the template takes its key."""

    parameter: str
    key: str
    file: Path


@dataclass(frozen=True)
class Package:
    """Everything that one deploy needs."""

    artifacts: tuple[Artifact, ...]
    image_tag: str
    base_image: str | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """Template parameters that name the artifacts."""
        return {item.parameter: item.key for item in self.artifacts} | {"ImageTag": self.image_tag}

    @property
    def image_source_key(self) -> str:
        """Key of the zip from which the image is built."""
        return self.parameters["ImageSourceKey"]


def build(
    build_dir: Path,
    *,
    for_local: bool,
    base_image: str | None = None,
    say: Callable[[str], None],
) -> Package:
    """Build what has changed since the last call.

    Parameters
    ----------
    build_dir
        Folder for the results.
    for_local
        Take binary packages for this machine, where localaws runs the Lambdas, instead of Lambda's.
    base_image
        Image from which the dbt image is built, if it is not the Dockerfile's.
    say
        Callback that receives a progress message.

    Raises
    ------
    PipelineError
        The packages could not be fetched, or the disk is full.
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    image_files = content.files_below(REPOSITORY_ROOT, *IMAGE_PATHS)
    image_tag = content.hash_of(image_files, *filter(None, [base_image]))
    artifacts = (
        _lambda_zip(build_dir, for_local=for_local, say=say),
        _zip(build_dir, "ReportCodeKey", "report", _report_files()),
        _copied(build_dir, "NormalizeScriptKey", REPOSITORY_ROOT / "ingestion/normalize/job.py"),
        _zip(
            build_dir,
            "NormalizeLibraryKey",
            "normalize",
            _ingestion_files() | {REGIONS_TABLE: _regions_table(build_dir)},
        ),
        _definition(build_dir, "StateMachineKey", "state_machine.asl.yml"),
        _definition(build_dir, "UpkeepStateMachineKey", "upkeep.asl.yml"),
        _zip(build_dir, "ImageSourceKey", "dbt_image", image_files),
    )
    return Package(artifacts=artifacts, image_tag=image_tag, base_image=base_image)


def stage_image(build_dir: Path, image_tag: str) -> Path:
    """Copy the files of the dbt image into a folder in which localaws runs the container.

    Returns
    -------
    Path
        The container's root, which is ``WORKDIR`` in the image.
    """
    root = build_dir / "dbt_image" / image_tag
    if root.exists():
        return root
    unfinished = root.with_name(f"{image_tag}.{os.getpid()}")
    for name, file in content.files_below(REPOSITORY_ROOT, *IMAGE_PATHS).items():
        copy = unfinished / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    shutil.move(unfinished / "profiles.yml.example", unfinished / "profiles.yml")
    unfinished.replace(root)
    return root


def _ingestion_files() -> dict[str, Path]:
    return content.files_below(REPOSITORY_ROOT, "ingestion")


def _regions_table(build_dir: Path) -> Path:
    """Write the regions of ISO 3166-2 from the pinned library to a file; return its path."""
    sources = content.files_below(REPOSITORY_ROOT, _REGIONS_SOURCE, "requirements/runtime.txt")
    target = build_dir / f"regions-{content.hash_of(sources)}.csv"
    if not target.exists():
        module = _REGIONS_SOURCE.removesuffix(".py").replace("/", ".")
        result = subprocess.run(
            [sys.executable, "-m", module], capture_output=True, cwd=REPOSITORY_ROOT, check=False
        )
        if result.returncode:
            raise PipelineError(
                "Reading the regions from the package iso3166-2 failed: "
                f"{_last_line(result.stderr.decode(errors='replace'))}. Run `make setup`, then "
                "run the command again."
            )
        _write(target, result.stdout)
    return target


def _report_files() -> dict[str, Path]:
    return content.files_below(REPOSITORY_ROOT / "orchestration/alerts", "failure_report.py")


def _lambda_zip(build_dir: Path, *, for_local: bool, say: Callable[[str], None]) -> Artifact:
    requirements = REPOSITORY_ROOT / "requirements/lambda.txt"
    package_platform = _platform(for_local=for_local)
    code = _ingestion_files()
    code_hash = content.hash_of(code | {"lambda.txt": requirements}, package_platform)
    target = build_dir / f"lambda-{code_hash}.zip"
    if not target.exists():
        dependencies = _dependencies(build_dir, requirements, package_platform, say)
        say("Packaging the Lambda functions")
        files = content.files_below(dependencies, ".") | code
        _write(target, content.zip_of(files.items()))
    return Artifact("LambdaCodeKey", f"lambda/{target.name}", target)


def _platform(*, for_local: bool) -> str:
    is_lambda_like = sys.platform == "linux" and platform.machine() == "x86_64"
    return "" if for_local and not is_lambda_like else LAMBDA_PLATFORM


def _dependencies(
    build_dir: Path, requirements: Path, package_platform: str, say: Callable[[str], None]
) -> Path:
    name = content.hash_of({"requirements": requirements}, package_platform)
    folder = build_dir / f"lambda-dependencies-{name}"
    if folder.exists():
        return folder
    say("Fetching the packages of the Lambda functions")
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = [_uv(), "pip", "install", "--quiet", "--target", str(unfinished)]
    if package_platform:
        command += ["--python-platform", package_platform]
    command += [
        "--python-version",
        LAMBDA_PYTHON,
        "--only-binary",
        ":all:",
        "--no-compile-bytecode",
    ]
    command += ["--require-hashes", "--requirement", str(requirements)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise PipelineError(
            f"Fetching the packages of the Lambda functions ({requirements.name}) failed: "
            f"{_last_line(result.stderr)}. Check the network and the free disk space, then run the "
            "command again."
        )
    shutil.rmtree(unfinished / "bin", ignore_errors=True)
    (unfinished / ".lock").unlink(missing_ok=True)
    unfinished.replace(folder)
    return folder


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise PipelineError(
            "uv is not installed: `make setup` installs it into the virtual environment."
        )
    return found


def _zip(build_dir: Path, parameter: str, name: str, files: dict[str, Path]) -> Artifact:
    target = build_dir / f"{name}-{content.hash_of(files)}.zip"
    if not target.exists():
        _write(target, content.zip_of(files.items()))
    return Artifact(parameter, f"{name}/{target.name}", target)


def _copied(build_dir: Path, parameter: str, source: Path) -> Artifact:
    target = build_dir / f"{source.stem}-{content.hash_of({source.name: source})}{source.suffix}"
    if not target.exists():
        _write(target, source.read_bytes())
    return Artifact(parameter, f"normalize/{target.name}", target)


def _definition(build_dir: Path, parameter: str, name: str) -> Artifact:
    source = Path(__file__).with_name(name)
    stem = name.partition(".")[0]
    target = build_dir / f"{stem}-{content.hash_of({name: source})}.asl.json"
    if not target.exists():
        definition = yaml.safe_load(source.read_text(encoding="utf-8"))
        _write(target, json.dumps(definition, indent=2).encode())
    return Artifact(parameter, f"state_machines/{target.name}", target)


def _write(target: Path, data: bytes) -> None:
    # Written aside, then renamed: after a full disk or a kill no half artifact has a final name.
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise PipelineError(
            f"Writing {target} failed: {error.strerror}. Free some disk space, then run the "
            "command again."
        ) from error


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was printed"
