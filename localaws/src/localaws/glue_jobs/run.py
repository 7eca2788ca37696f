"""Runs one job run from its script in S3 to its last state."""

import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from botocore.exceptions import ClientError

from localaws.context import ServerContext
from localaws.context.aws_client import aws_client
from localaws.context.cloudwatch_logs import LogStream
from localaws.glue_jobs import arguments, class_archive, spark_process

_SUPERVISION_INTERVAL_SECONDS = 0.05
_LOG_BATCH_SECONDS = 0.5


@dataclass(frozen=True)
class JobSpecification:
    """What a job run needs to know of its job."""

    name: str
    run_id: str
    script_location: str
    arguments: Mapping[str, str]
    timeout_minutes: float
    region: str
    account_id: str


@dataclass(frozen=True)
class JobResult:
    """End of a job run: Glue's state, and its error message if it did not succeed."""

    state: str
    error_message: str | None = None


class JobProcess:
    """One job run's two processes.

    Parameters
    ----------
    context
        The server that the job talks to.
    job
        What to run.
    on_running
        Called once, when the script is about to start.
    """

    def __init__(
        self, context: ServerContext, job: JobSpecification, on_running: Callable[[], None]
    ) -> None:
        self._context = context
        self._job = job
        self._on_running = on_running
        self._stop_requested = threading.Event()

    def stop(self) -> None:
        """Ask the run to end as STOPPED."""
        self._stop_requested.set()

    def run(self) -> JobResult:
        """Run the job to its end; failures of any kind are results, not exceptions."""
        folder = self._context.settings.run_dir / "glue"
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="job-", dir=folder))
        try:
            return self._run_in(scratch)
        except (OSError, ClientError, ValueError) as error:
            return JobResult("FAILED", f"{type(error).__name__}: {error}")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _run_in(self, scratch: Path) -> JobResult:
        parsed = arguments.parse(
            self._job.arguments, job_name=self._job.name, job_run_id=self._job.run_id
        )
        connection = scratch / "connection"
        jvm = self._start_jvm(scratch, connection, parsed)
        driver: subprocess.Popen[bytes] | None = None
        pumps = [self._pump(jvm.stdout, "error")]
        jvm_exited = scratch / "jvm-exited"
        try:
            job_file = self._prepare(scratch, connection, jvm_exited, parsed)
            driver = self._start_driver(scratch, job_file, parsed)
            pumps += [self._pump(driver.stdout, "output"), self._pump(driver.stderr, "error")]
            self._on_running()
            return self._supervise(driver, jvm, jvm_exited, scratch / "error")
        finally:
            for process in filter(None, (driver, jvm)):
                self._context.kill_process(process)
            for pump in pumps:
                pump.join(timeout=5)

    def _start_jvm(
        self, scratch: Path, connection: Path, parsed: arguments.JobArguments
    ) -> "subprocess.Popen[bytes]":
        settings = self._context.settings
        properties = spark_process.spark_properties(
            aws=self._context.aws_environment(),
            job_name=self._job.name,
            scratch=scratch,
            overrides=parsed.spark,
        )
        options = [
            *class_archive.options(settings),
            *(f"-D{name}={value}" for name, value in properties.items()),
        ]
        return self._context.start_process(
            f"spark {self._job.name}",
            spark_process.java_command(
                settings, options, "org.apache.spark.api.python.PythonGatewayServer"
            ),
            env={
                **self._environment(scratch, parsed),
                "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection),
            },
            cwd=scratch,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _start_driver(
        self, scratch: Path, job_file: Path, parsed: arguments.JobArguments
    ) -> "subprocess.Popen[bytes]":
        return self._context.start_process(
            f"glue {self._job.name}",
            spark_process.driver_command(job_file),
            env=self._environment(scratch, parsed),
            cwd=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _environment(self, scratch: Path, parsed: arguments.JobArguments) -> dict[str, str]:
        settings = self._context.settings
        return {
            "PATH": f"{settings.spark_java_home / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": "UTC",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "JAVA_HOME": str(settings.spark_java_home),
            "SPARK_HOME": str(spark_process.spark_home()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            # Folder of shuffle files: Spark warns of the property of the same meaning.
            "SPARK_LOCAL_DIRS": str(scratch),
            "PYSPARK_PYTHON": spark_process.driver_command(scratch)[0],
            **self._context.aws_environment(),
            **_empty_aws_files(scratch),
            **parsed.environment,
        }

    def _prepare(
        self,
        scratch: Path,
        connection: Path,
        jvm_exited: Path,
        parsed: arguments.JobArguments,
    ) -> Path:
        """Fetch the script and its files and write down for the driver what to run."""
        code = scratch / "code"
        code.mkdir()
        script = self._fetch(self._job.script_location, code)
        python_files = [self._fetch(address, code) for address in parsed.python_files]
        for address in parsed.extra_files:
            self._fetch(address, scratch)
        job_file = scratch / "job.json"
        job_file.write_text(
            json.dumps(
                {
                    "script": str(script),
                    "arguments": parsed.script,
                    "python_path": [str(path) for path in python_files if path.suffix != ".py"],
                    "connection_file": str(connection),
                    "jvm_exited_file": str(jvm_exited),
                    "error_file": str(scratch / "error"),
                }
            )
        )
        return job_file

    def _fetch(self, address: str, folder: Path) -> Path:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        target = folder / Path(key).name
        client = aws_client(self._context, "s3", self._job.region)
        try:
            target.write_bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            raise FileNotFoundError(
                f"Cannot read {address} of job {self._job.name}: {error}. "
                "Upload it, or correct the job's script location and --extra-py-files."
            ) from error
        return target

    def _supervise(
        self,
        driver: "subprocess.Popen[bytes]",
        jvm: "subprocess.Popen[bytes]",
        jvm_exited: Path,
        error_file: Path,
    ) -> JobResult:
        deadline = time.monotonic() + self._job.timeout_minutes * 60
        while True:
            try:
                driver.wait(_SUPERVISION_INTERVAL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if self._stop_requested.is_set():
                    return JobResult("STOPPED")
                if time.monotonic() > deadline:
                    return JobResult("TIMEOUT", "Job run exceeded its timeout and was stopped")
                if jvm.poll() is not None:
                    jvm_exited.touch()
        if self._stop_requested.is_set():
            return JobResult("STOPPED")
        if driver.returncode == 0:
            return JobResult("SUCCEEDED")
        return JobResult("FAILED", _failure(driver.returncode, jvm.poll(), error_file))

    def _pump(self, stream: IO[bytes] | None, kind: str) -> threading.Thread:
        """Carry what a process prints to the job's log while it prints it."""
        log = LogStream(
            self._job.account_id, self._job.region, f"/aws-glue/jobs/{kind}", self._job.run_id
        )
        thread = threading.Thread(
            target=_carry, args=(stream, log), name=f"glue-log-{kind}", daemon=True
        )
        thread.start()
        return thread


def _empty_aws_files(scratch: Path) -> dict[str, str]:
    """Return variables that keep the user's AWS profiles away from the job.

    The SDK for Java 1.12 logs a stack trace when they name the null device, as for other processes.
    """
    empty = scratch / "no-aws-profiles"
    empty.touch()
    return {"AWS_CONFIG_FILE": str(empty), "AWS_SHARED_CREDENTIALS_FILE": str(empty)}


def _carry(stream: IO[bytes] | None, log: LogStream) -> None:
    if stream is None:
        return
    batch: list[str] = []
    written = time.monotonic()
    for line in stream:
        batch.append(line.decode("utf-8", "replace").rstrip("\n"))
        if time.monotonic() - written > _LOG_BATCH_SECONDS:
            log.write(batch)
            batch, written = [], time.monotonic()
    log.write(batch)
    stream.close()


def _failure(driver_code: int, jvm_code: int | None, error_file: Path) -> str:
    """Say why a run failed in the words that Glue uses."""
    out_of_memory_exit = 3
    """Exit code of a JVM with ExitOnOutOfMemoryError."""
    if jvm_code == out_of_memory_exit:
        return "Command Failed due to Out of Memory"
    if jvm_code is not None and jvm_code < 0:
        return f"Command failed with exit code {128 - jvm_code}"
    if error_file.exists():
        return error_file.read_text("utf-8")
    code = 128 - driver_code if driver_code < 0 else driver_code
    return f"Command failed with exit code {code}"
