"""Builds the command lines of a job's two processes: the JVM with Spark, and the Python driver."""

import sys
from collections.abc import Mapping
from pathlib import Path

from localaws.errors import LocalAwsError
from localaws.extras import SPARK_IS_MISSING, spark_folder
from localaws.glue_jobs import driver
from localaws.settings import Settings

_OPENED_TO_SPARK = (
    *(f"java.base/java.{name}" for name in ("lang", "lang.invoke", "lang.reflect", "io", "net")),
    *(f"java.base/java.{name}" for name in ("nio", "util", "util.concurrent")),
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref",
    *(f"java.base/sun.{name}" for name in ("nio.ch", "nio.cs", "security.action", "util.calendar")),
    "java.security.jgss/sun.security.krb5",
)
"""What Spark's own launch scripts open to it on Java 17 (``JavaModuleOptions``)."""


_LOGGING = Path(__file__).with_name("log4j2.properties")


def spark_home() -> Path:
    """Return the folder of the installed pyspark."""
    folder = spark_folder()
    if folder is None:
        raise LocalAwsError(SPARK_IS_MISSING)
    return folder


def why_unavailable(settings: Settings) -> str | None:
    """Return why no job can start here; None if one can."""
    if spark_folder() is None:
        return SPARK_IS_MISSING
    if not settings.spark_java_home.exists() or not settings.s3a_jars:
        return "Spark was installed after localaws had started: run `localaws up` again"
    return None


def class_path(settings: Settings) -> str:
    """Class path in a fixed order: the archive of classes is valid for exactly one."""
    jars = [*sorted((spark_home() / "jars").glob("*.jar")), *settings.s3a_jars]
    return ":".join(str(jar) for jar in jars)


def java_command(settings: Settings, options: list[str], main_class: str) -> list[str]:
    """Command line of a JVM that has Spark and S3A.

    Parameters
    ----------
    options
        Further JVM options, such as ``-Dspark.…`` properties.
    """
    return [
        str(settings.spark_java_home / "bin" / "java"),
        f"-Xmx{settings.spark_heap_mib}m",
        # A job of seconds ends before the second compiler pays for itself, and one thread for the
        # garbage leaves the other core to the work.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED_TO_SPARK),
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dfile.encoding=UTF-8",
        f"-Dlog4j2.configurationFile={_LOGGING}",
        *options,
        "-cp",
        class_path(settings),
        main_class,
    ]


def spark_properties(
    *,
    aws: Mapping[str, str],
    job_name: str,
    scratch: Path,
    overrides: Mapping[str, str],
) -> dict[str, str]:
    """Spark properties of a job; the script and ``--conf`` may override all of them.

    Parameters
    ----------
    aws
        ``ServerContext.aws_environment()``.
    scratch
        Folder for shuffle files.
    """
    s3 = {
        "endpoint": aws["AWS_ENDPOINT_URL"],
        "endpoint.region": aws["AWS_DEFAULT_REGION"],
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "access.key": aws["AWS_ACCESS_KEY_ID"],
        "secret.key": aws["AWS_SECRET_ACCESS_KEY"],
        **_credentials_provider(aws.get("AWS_SESSION_TOKEN")),
        # Checks of the bucket and of parent folders are round trips that nothing here needs.
        "bucket.probe": "0",
        "directory.marker.retention": "keep",
        "change.detection.mode": "none",
        "fast.upload.buffer": "bytebuffer",
        # Each open connection holds one of the server's threads.
        "threads.max": "8",
        "connection.maximum": "20",
    }
    return {
        "spark.master": "local[2]",
        "spark.app.name": job_name,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        # Glue's 200 are for a cluster; each costs a task here, however small.
        "spark.sql.shuffle.partitions": "4",
        "spark.default.parallelism": "2",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        **{f"spark.hadoop.fs.s3a.{name}": value for name, value in s3.items()},
        **overrides,
    }


def as_argument_file(properties: Mapping[str, str]) -> str:
    r"""Write properties as the text of a file that ``java @file`` reads options from.

    Examples
    --------
    >>> as_argument_file({"a": 'b "c"'})
    '"-Da=b \\"c\\""\n'
    """
    escaped = (
        f"-D{name}={value}".replace("\\", "\\\\").replace('"', '\\"')
        for name, value in properties.items()
    )
    return "".join(f'"{option}"\n' for option in escaped)


def _credentials_provider(session_token: str | None) -> dict[str, str]:
    """Return the properties that make S3A sign with a lasting or with a temporary key."""
    package = "org.apache.hadoop.fs.s3a"
    if session_token:
        provider = f"{package}.TemporaryAWSCredentialsProvider"
        return {"session.token": session_token, "aws.credentials.provider": provider}
    return {"aws.credentials.provider": f"{package}.SimpleAWSCredentialsProvider"}


def driver_command(job_file: Path) -> list[str]:
    """Command line of the Python side of a job."""
    return [sys.executable, "-u", driver.__file__, str(job_file)]
