"""Jobs run as Glue runs them, on a real Spark."""

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localaws_support.executors import wait_for

SCRIPT = b"""
import sys
import helper
from pyspark.sql import SparkSession
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
print("arguments", sorted(arguments), helper.WORD)
print("said on stderr", file=sys.stderr)
if arguments.get("--mode") == "fail":
    raise ValueError("bad data")
if arguments.get("--mode") == "hang":
    import time; time.sleep(600)
spark = SparkSession.builder.getOrCreate()
rows = spark.range(10).selectExpr("id % 2 as k", "id")
rows.write.mode("overwrite").partitionBy("k").parquet(arguments["--output"])
print("rows", spark.read.parquet(arguments["--output"]).count())
"""
ACTIVE = {"STARTING", "RUNNING", "STOPPING"}


@pytest.fixture
def job(localaws, bucket, role_arn) -> str:
    library = io.BytesIO()
    with zipfile.ZipFile(library, "w") as archive:
        archive.writestr("helper.py", "WORD = 'helped'\n")
    s3 = localaws.client("s3")
    s3.put_object(Bucket=bucket, Key="job.py", Body=SCRIPT)
    s3.put_object(Bucket=bucket, Key="library.zip", Body=library.getvalue())
    localaws.client("glue").create_job(
        Name=bucket,
        Role=role_arn,
        GlueVersion="5.0",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/job.py"},
        DefaultArguments={
            "--extra-py-files": f"s3://{bucket}/library.zip",
            "--enable-metrics": "true",
            "--output": f"s3://{bucket}/default/",
        },
    )
    return bucket


def start(localaws, job: str, **arguments: str) -> str:
    answer = localaws.client("glue").start_job_run(
        JobName=job, Arguments={f"--{name}": value for name, value in arguments.items()}
    )
    return str(answer["JobRunId"])


def end_of(localaws, job: str, run_id: str) -> dict[str, Any]:
    glue = localaws.client("glue")
    return wait_for(
        lambda: glue.get_job_run(JobName=job, RunId=run_id)["JobRun"],
        lambda run: run["JobRunState"] not in ACTIVE,
        timeout_seconds=240,
    )


def test_a_script_reads_and_writes_s3_with_its_arguments_and_libraries(localaws, job, log_lines):
    # GIVEN a job with a library and default arguments
    # WHEN a run overrides one of them
    run = end_of(localaws, job, start(localaws, job, output=f"s3://{job}/out/"))
    # THEN Spark has written to S3, and the output log tells what the script saw
    assert run["JobRunState"] == "SUCCEEDED", run
    objects = localaws.client("s3").list_objects_v2(Bucket=job, Prefix="out/k=")
    assert {entry["Key"].split("/")[1] for entry in objects["Contents"]} == {"k=0", "k=1"}
    lines = log_lines("/aws-glue/jobs/output")
    assert "arguments ['--JOB_NAME', '--JOB_RUN_ID', '--output'] helped" in lines
    assert "rows 10" in lines
    # AND also what it printed on the other stream
    assert "said on stderr" in lines


def test_a_job_may_name_its_own_log_groups(localaws, job, log_lines):
    # GIVEN a job with groups and a stream of its own
    run_id = localaws.client("glue").start_job_run(
        JobName=job,
        Arguments={
            "--custom-logGroup-prefix": f"/mine/{job}",
            "--custom-logStream-prefix": "night",
            "--mode": "fail",
        },
    )["JobRunId"]
    # WHEN it fails
    end_of(localaws, job, run_id)
    # THEN its output is there, with the script's exception, and nothing of Spark's
    logs = localaws.client("logs")
    streams = logs.describe_log_streams(logGroupName=f"/mine/{job}/output")["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["night-driver"]
    lines = log_lines(f"/mine/{job}/output")
    assert "said on stderr" in lines
    assert any(line.startswith("ValueError: bad data") for line in lines)


def test_a_failed_script_tells_its_exception_and_line(localaws, job):
    # GIVEN a script that raises
    # WHEN it runs
    run = end_of(localaws, job, start(localaws, job, mode="fail"))
    # THEN the run has Glue's message
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == (
        "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 9; ValueError: bad data"
    )


def test_a_run_keeps_others_out_until_it_is_stopped(localaws, job):
    # GIVEN a run that hangs
    glue = localaws.client("glue")
    run_id = start(localaws, job, mode="hang")
    wait_for(
        lambda: glue.get_job_run(JobName=job, RunId=run_id)["JobRun"],
        lambda run: run["JobRunState"] == "RUNNING",
    )
    # WHEN another is started THEN Glue refuses
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        start(localaws, job)
    # WHEN the first is stopped
    answer = glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    # THEN it ends as stopped
    assert answer["SuccessfulSubmissions"] == [{"JobName": job, "JobRunId": run_id}]
    assert end_of(localaws, job, run_id)["JobRunState"] == "STOPPED"
