"""Ways to break a part of a pipeline for the duration of a ``with`` block."""

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from localaws.ecs_tasks.images import ImageRegister
from localaws.faults.client import FaultClient
from tests.support.pipeline import Pipeline


@contextmanager
def broken_dbt(pipeline: Pipeline, command: str, *, exit_code: int) -> Iterator[None]:
    """Make one command of the dbt task end with an exit code, as a crash would."""
    register = ImageRegister(pipeline.localaws_settings)
    images = register.all()
    wrapper = pipeline.home / "broken" / "python"
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *"{command}"*) exit {exit_code};; esac\n'
        f'exec "{sys.executable}" "$@"\n',
        encoding="utf-8",
    )
    wrapper.chmod(0o755)
    for uri, image in images.items():
        register.add(uri, image.model_copy(update={"python": wrapper}))
    try:
        yield
    finally:
        for uri, image in images.items():
            register.add(uri, image)


@contextmanager
def broken_function(pipeline: Pipeline, name: str, **configuration: Any) -> Iterator[None]:
    """Give a Lambda function a wrong configuration, such as ``Timeout=1``."""
    client = pipeline.cloud.client("lambda")
    function = f"{pipeline.cloud.settings.stack_name}-{name}"
    saved = client.get_function_configuration(FunctionName=function)
    client.update_function_configuration(FunctionName=function, **configuration)
    try:
        yield
    finally:
        client.update_function_configuration(
            FunctionName=function, **{key: saved[key] for key in configuration}
        )


@contextmanager
def slow_function(pipeline: Pipeline, name: str) -> Iterator[None]:
    """Make a Lambda function hang, with a time limit of one second."""
    client, bucket = pipeline.cloud.client("lambda"), pipeline.cloud.artifacts_bucket
    function = f"{pipeline.cloud.settings.stack_name}-{name}"
    listed = pipeline.cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix="lambda/")
    newest = max(listed["Contents"], key=lambda entry: entry["LastModified"])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("hang.py", "import time\n\n\ndef handler(_, __):\n    time.sleep(60)\n")
    client.update_function_code(FunctionName=function, ZipFile=archive.getvalue())
    try:
        with broken_function(pipeline, name, Handler="hang.handler", Timeout=1):
            yield
    finally:
        client.update_function_code(FunctionName=function, S3Bucket=bucket, S3Key=newest["Key"])


@contextmanager
def broken_job(pipeline: Pipeline, script_text: str) -> Iterator[None]:
    """Replace the script of the Glue job."""
    client, bucket = pipeline.cloud.client("s3"), pipeline.cloud.artifacts_bucket
    name = f"{pipeline.cloud.settings.stack_name}-normalize"
    job = pipeline.cloud.client("glue").get_job(JobName=name)["Job"]
    key = job["Command"]["ScriptLocation"].split("/", 3)[3]
    script = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=script_text.encode())
    try:
        yield
    finally:
        client.put_object(Bucket=bucket, Key=key, Body=script)


def aws_fault(pipeline: Pipeline, operation: str, **fields: Any) -> AbstractContextManager[str]:
    """Let an operation of AWS fail: fields as for ``localaws fault add``; gives the fault's id."""
    return FaultClient(pipeline.localaws_settings).during(operation, **fields)


def broken_crawler(pipeline: Pipeline) -> AbstractContextManager[str]:
    """Let no crawl start."""
    return aws_fault(pipeline, "glue:StartCrawler", deny=True)


@contextmanager
def deprecating_crawler(pipeline: Pipeline) -> Iterator[None]:
    """Declare crawler and tables as they were when the crawler left every partition out."""
    client = pipeline.cloud.client("glue")
    name = f"{pipeline.cloud.settings.stack_name}-staging"
    crawler = client.get_crawler(Name=name)["Crawler"]
    database = crawler["Targets"]["CatalogTargets"][0]["DatabaseName"]
    tables = client.get_tables(DatabaseName=database)["TableList"]
    kept = ("Name", "TableType", "PartitionKeys", "StorageDescriptor", "Parameters")
    inputs = [{key: table[key] for key in kept} for table in tables]
    for given in inputs:
        parameters = given["Parameters"].items()
        without = {key: value for key, value in parameters if key != "compressionType"}
        client.update_table(DatabaseName=database, TableInput={**given, "Parameters": without})
    output = {
        "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
        "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
    }
    changed = {
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
        "Configuration": json.dumps({"Version": 1.0, "CrawlerOutput": output}),
    }
    _replace_crawler(client, crawler | changed)
    try:
        yield
    finally:
        for given in inputs:
            client.update_table(DatabaseName=database, TableInput=given)
        _replace_crawler(client, crawler)


def _replace_crawler(client: Any, crawler: dict[str, Any]) -> None:
    kept = ("Name", "Role", "Targets", "SchemaChangePolicy", "RecrawlPolicy", "Configuration")
    client.delete_crawler(Name=crawler["Name"])
    client.create_crawler(**{key: crawler[key] for key in kept if key in crawler})
