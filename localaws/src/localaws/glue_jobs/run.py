"""Runs one job run from its script in S3 to its last state."""

import json
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from localaws.child_processes.child_run import child_run, scratch_folder
from localaws.child_processes.command import Command
from localaws.child_processes.output import WriteLines
from localaws.child_processes.supervision import Deadline, Ending, stop_when, wait_for_end
from localaws.context import ServerContext
from localaws.context.access import RoleNotAssumableError
from localaws.context.aws_client import aws_client
from localaws.context.cloudwatch_logs import LogStream, as_identity
from localaws.glue_jobs import arguments, class_archive, spark_process

SESSION_NAME = "GlueJobRunnerSession"
"""What Glue calls the session of a job's role."""


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
    role_arn: str

    @property
    def arn(self) -> str:
        """ARN of the job."""
        return f"arn:aws:glue:{self.region}:{self.account_id}:job/{self.name}"


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
        try:
            self._identity = self._context.access.role_session(
                self._job.role_arn, "glue.amazonaws.com", SESSION_NAME, self._job.arn
            )
            with scratch_folder(self._context.settings.run_dir / "glue", "job-") as scratch:
                return self._run_in(_Files(scratch))
        except RoleNotAssumableError as error:
            reason = (
                f"Role {self._job.role_arn} should be given assume role permissions for Glue "
                f"Service. {error}"
            )
            return JobResult("FAILED", reason)
        except (OSError, ClientError, ValueError) as error:
            return JobResult("FAILED", f"{type(error).__name__}: {error}")

    def _run_in(self, files: "_Files") -> JobResult:
        parsed = arguments.parse(
            self._job.arguments, job_name=self._job.name, job_run_id=self._job.run_id
        )
        children = self._context.children
        # Glue 5: what the script prints, to either stream, is output; error has the logs of Spark
        # and of Glue ("Logging for AWS Glue jobs" in the developer guide).
        output, errors = self._log(parsed, "output"), self._log(parsed, "error")
        # The JVM starts while the script is fetched.
        with child_run(children, self._jvm_command(files, parsed), errors) as jvm:
            self._prepare(files, parsed)
            command = self._driver_command(files, parsed)
            with child_run(children, command, output) as driver:
                self._on_running()
                return self._supervise(driver, jvm, files)

    def _jvm_command(self, files: "_Files", parsed: arguments.JobArguments) -> Command:
        settings = self._context.settings
        properties = spark_process.spark_properties(
            aws=self._context.aws_environment(self._identity),
            job_name=self._job.name,
            scratch=files.scratch,
            overrides=parsed.spark,
        )
        # Every user of the machine can read a command line, and these hold keys.
        files.java_options.write_text(spark_process.as_argument_file(properties))
        options = [*class_archive.options(settings), f"@{files.java_options}"]
        return Command(
            name=f"spark {self._job.name}",
            argv=spark_process.java_command(
                settings, options, "org.apache.spark.api.python.PythonGatewayServer"
            ),
            env={
                **self._environment(files.scratch, parsed),
                "_PYSPARK_DRIVER_CONN_INFO_PATH": str(files.connection),
            },
            cwd=files.scratch,
            # Spark ends when it is closed.
            stdin=subprocess.PIPE,
        )

    def _driver_command(self, files: "_Files", parsed: arguments.JobArguments) -> Command:
        return Command(
            name=f"glue {self._job.name}",
            argv=spark_process.driver_command(files.job),
            env=self._environment(files.scratch, parsed),
            cwd=files.scratch,
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
            **self._context.aws_environment(self._identity),
            **_empty_aws_files(scratch),
            **parsed.environment,
        }

    def _prepare(self, files: "_Files", parsed: arguments.JobArguments) -> None:
        """Fetch the script and its files, and write for the driver what to run."""
        code = files.scratch / "code"
        code.mkdir()
        script = self._fetch(self._job.script_location, code)
        python_files = [self._fetch(address, code) for address in parsed.python_files]
        for address in parsed.extra_files:
            self._fetch(address, files.scratch)
        files.job.write_text(
            json.dumps(
                {
                    "script": str(script),
                    "arguments": parsed.script,
                    "python_path": [str(path) for path in python_files if path.suffix != ".py"],
                    "connection_file": str(files.connection),
                    "jvm_exited_file": str(files.jvm_exited),
                    "error_file": str(files.error),
                }
            )
        )

    def _fetch(self, address: str, folder: Path) -> Path:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        target = folder / Path(key).name
        client = aws_client(self._context, "s3", self._job.region, self._identity)
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
        files: "_Files",
    ) -> JobResult:
        def tell_the_driver_of_a_dead_jvm() -> None:
            if jvm.poll() is not None:
                files.jvm_exited.touch()

        ending = wait_for_end(
            driver,
            stop_when(self._stop_requested),
            Deadline(self._job.timeout_minutes * 60),
            tell_the_driver_of_a_dead_jvm,
        )
        if ending is Ending.TIMED_OUT:
            return JobResult("TIMEOUT", "Job run exceeded its timeout and was stopped")
        if self._stop_requested.is_set():
            return JobResult("STOPPED")
        if driver.returncode == 0:
            return JobResult("SUCCEEDED")
        return JobResult("FAILED", _failure(driver.returncode, jvm.poll(), files.error))

    def _log(self, parsed: arguments.JobArguments, kind: str) -> WriteLines:
        """Return what writes to the job's log of one kind."""
        group = f"{parsed.log_groups}/{kind}"
        may = as_identity(self._context.access, self._identity)
        return LogStream(
            self._job.account_id, self._job.region, group, parsed.log_stream, may
        ).write


@dataclass(frozen=True)
class _Files:
    """What a run's processes tell each other in files of its folder."""

    scratch: Path

    @property
    def job(self) -> Path:
        """What the driver runs."""
        return self.scratch / "job.json"

    @property
    def connection(self) -> Path:
        """The JVM's port and secret."""
        return self.scratch / "connection"

    @property
    def java_options(self) -> Path:
        """Options of the JVM that nobody else may see."""
        return self.scratch / "java-options"

    @property
    def jvm_exited(self) -> Path:
        """Exists when the JVM has ended."""
        return self.scratch / "jvm-exited"

    @property
    def error(self) -> Path:
        """The script's error."""
        return self.scratch / "error"


def _empty_aws_files(scratch: Path) -> dict[str, str]:
    """Return variables that keep the user's AWS profiles away from the job.

    The SDK for Java 1.12 logs a stack trace when they name the null device, as for other processes.
    """
    empty = scratch / "no-aws-profiles"
    empty.touch()
    return {"AWS_CONFIG_FILE": str(empty), "AWS_SHARED_CREDENTIALS_FILE": str(empty)}


def _failure(driver_code: int, jvm_code: int | None, error_file: Path) -> str:
    """Return why a run failed, as Glue words it."""
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
