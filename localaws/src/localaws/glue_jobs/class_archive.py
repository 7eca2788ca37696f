"""Archives of loaded classes that start Spark's JVM with a third less work.

A JVM spends most of the first seconds on reading, checking and linking Spark's classes. HotSpot can
map them from an archive instead ("class data sharing"). This one holds what a typical job loads; it
stands on the archive of Java's own classes, and is valid for exactly one class path, so that each
clone of a repository, with its own pyspark, has its own.
"""

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock
from rich.console import Console

from localaws.glue_jobs import spark_process
from localaws.settings import Settings

_BUILD_TIMEOUT_SECONDS = 600
KEPT_ARCHIVES = 3
_NO_AWS = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}
"""Enough to set up S3A; the sample job sends it nothing."""


def options(settings: Settings) -> list[str]:
    """JVM options that use the archive; none while there is no archive, the JVM starts anyway."""
    archive = _path(settings)
    if archive.exists():
        return [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off", "-Xlog:class+path=off"]
    return []


def build(settings: Settings, console: Console | None = None) -> None:
    """Build the archive if it is missing; takes about half a minute, once a clone.

    Two processes may call it at once: the second waits for the first. A failed build is no error,
    as jobs run without the archive too; it is reported once and not tried again.

    Parameters
    ----------
    console
        Where the one line about it goes; None is standard error.
    """
    archive = _path(settings)
    failed = archive.with_suffix(".failed")
    if archive.exists() or failed.exists():
        return
    console = console or Console(stderr=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(archive.parent / ".lock"):
        if archive.exists() or failed.exists():
            return
        console.print("Preparing Spark for quick starts (once, about half a minute) …")
        try:
            _build_spark(settings, archive)
            _prune(archive)
        except (subprocess.SubprocessError, OSError) as error:
            failed.write_text(str(error))
            console.print(f"That failed, so jobs start some seconds slower: {error}", markup=False)


def _path(settings: Settings) -> Path:
    # The JVM refuses an archive if a jar has another time than when the archive was written.
    jars = spark_process.class_path(settings).split(":")
    times = [f"{jar} {Path(jar).stat().st_mtime_ns}" for jar in jars]
    digest = hashlib.sha256("\n".join(times).encode()).hexdigest()[:16]
    return settings.cache / "spark-classes" / f"{digest}.jsa"


def _prune(newest: Path) -> None:
    """Delete the archives of clones that are gone or not used: each is 140 MB."""
    others = sorted(newest.parent.glob("*.jsa"), key=lambda path: path.stat().st_mtime)
    for archive in others[:-KEPT_ARCHIVES]:
        archive.unlink(missing_ok=True)


def _build_spark(settings: Settings, target: Path) -> None:
    """Run a small Spark job once and let the JVM write down which classes it loaded."""
    partial = target.with_suffix(f".{os.getpid()}.part")
    with tempfile.TemporaryDirectory(prefix="spark-classes-") as name:
        scratch = Path(name)
        connection = scratch / "connection"
        properties = spark_process.spark_properties(
            aws=_NO_AWS, job_name="classes", scratch=scratch, overrides={}
        )
        java_options = [
            f"-XX:ArchiveClassesAtExit={partial}",
            "-Xlog:cds=off",
            *(f"-D{key}={value}" for key, value in properties.items()),
        ]
        command = spark_process.java_command(
            settings, java_options, "org.apache.spark.api.python.PythonGatewayServer"
        )
        environment = {
            **os.environ,
            "SPARK_HOME": str(spark_process.spark_home()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": name,
        }
        with subprocess.Popen(
            command,
            env={**environment, "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection)},
            cwd=scratch,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as jvm:
            try:
                subprocess.run(
                    spark_process.driver_command(_sample_job(scratch, connection)),
                    env=environment,
                    cwd=scratch,
                    check=True,
                    capture_output=True,
                    timeout=_BUILD_TIMEOUT_SECONDS,
                )
                # Its end is when the JVM writes the archive, and the end of input is its end.
                jvm.communicate(timeout=_BUILD_TIMEOUT_SECONDS)
            finally:
                jvm.kill()
    partial.replace(target)


def _sample_job(scratch: Path, connection: Path) -> Path:
    job_file = scratch / "job.json"
    job_file.write_text(
        json.dumps(
            {
                "script": str(Path(__file__).with_name("sample_job.py")),
                "arguments": [str(scratch / "sample")],
                "python_path": [],
                "connection_file": str(connection),
                "jvm_exited_file": str(scratch / "jvm-exited"),
                "error_file": str(scratch / "error"),
            }
        )
    )
    return job_file
