"""Splits a job run's arguments into what Glue keeps for itself and what the script sees."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

LOG_GROUPS = "/aws-glue/jobs"
"""What the names of a job's log groups begin with, unless the job says otherwise."""
_FOR_GLUE_ITSELF = frozenset(
    {
        "--additional-python-modules",
        "--class",
        "--conf",
        "--continuous-log-logGroup",
        "--continuous-log-logStreamPrefix",
        "--custom-logGroup-prefix",
        "--custom-logStream-prefix",
        "--customer-driver-env-vars",
        "--customer-executor-env-vars",
        "--datalake-formats",
        "--enable-auto-scaling",
        "--enable-continuous-cloudwatch-log",
        "--enable-continuous-log-filter",
        "--enable-glue-datacatalog",
        "--enable-job-insights",
        "--enable-metrics",
        "--enable-observability-metrics",
        "--enable-rename-algorithm-v2",
        "--enable-s3-parquet-optimized-committer",
        "--enable-spark-ui",
        "--executor-cores",
        "--extra-files",
        "--extra-jars",
        "--extra-py-files",
        "--job-language",
        "--python-modules-installer-option",
        "--scriptLocation",
        "--spark-event-logs-path",
        "--user-jars-first",
    }
)
"""Special parameters of Glue that act on the job's set-up; the script does not depend on them."""


@dataclass(frozen=True)
class JobArguments:
    """Arguments of one job run, sorted by who reads them.

    Attributes
    ----------
    script
        What is in ``sys.argv`` after the script's path.
    python_files, extra_files
        S3 addresses to fetch.
    spark
        Spark properties of ``--conf``.
    environment
        Variables of ``--customer-driver-env-vars``.
    log_groups
        What the names of the log groups begin with.
    log_stream
        Name of the driver's log stream.
    """

    script: list[str]
    python_files: list[str] = field(default_factory=list)
    extra_files: list[str] = field(default_factory=list)
    spark: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    log_groups: str = LOG_GROUPS
    log_stream: str = ""


def parse(arguments: Mapping[str, str], *, job_name: str, job_run_id: str) -> JobArguments:
    """Sort the merged arguments of a job and its run.

    Parameters
    ----------
    arguments
        Default arguments of the job, overridden by those of the run, as Glue merges them.

    Examples
    --------
    >>> parse({"--conf": "a=1 --conf b=2"}, job_name="normalize", job_run_id="jr_1").spark
    {'a': '1', 'b': '2'}
    """
    script = ["--JOB_NAME", job_name, "--JOB_RUN_ID", job_run_id]
    for name, value in arguments.items():
        if name not in _FOR_GLUE_ITSELF and name not in {"--JOB_NAME", "--JOB_RUN_ID"}:
            script += [name, value] if value != "" else [name]
    return JobArguments(
        script=script,
        python_files=_addresses(arguments.get("--extra-py-files", "")),
        extra_files=_addresses(arguments.get("--extra-files", "")),
        spark=_spark_properties(arguments.get("--conf", "")),
        environment=_variables(arguments.get("--customer-driver-env-vars", "")),
        log_groups=arguments.get("--custom-logGroup-prefix") or LOG_GROUPS,
        log_stream=_log_stream(arguments.get("--custom-logStream-prefix"), job_run_id),
    )


def _log_stream(prefix: str | None, job_run_id: str) -> str:
    return f"{prefix}-driver" if prefix else job_run_id


def _addresses(value: str) -> list[str]:
    return [address.strip() for address in value.split(",") if address.strip()]


def _spark_properties(value: str) -> dict[str, str]:
    """Read ``a=1 --conf b=2``: Glue takes one ``--conf``, users write the others into it."""
    pairs = [word.partition("=") for word in shlex.split(value) if word != "--conf"]
    return {name: setting for name, _, setting in pairs if name}


def _variables(value: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in value.split(",") if "=" in pair]
    return {name.strip(): setting.strip().strip("'\"") for name, _, setting in pairs}
