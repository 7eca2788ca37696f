"""What of Spark depends on the Python: functions that Spark's workers call, and rows of Python objects."""

from localaws_support.executors import wait_for
from localaws_support.roles import ADMINISTRATOR, create_role

from localaws.testing import LocalAws

SCRIPT = b"""
import datetime
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
rows = [(1, "pear", datetime.date(2026, 1, 1)), (2, "fig", None)]
fruits = spark.createDataFrame(rows, "id int, fruit string, day date")
upper = F.udf(lambda text: text.upper(), "string")
assert [row.u for row in fruits.select(upper("fruit").alias("u")).collect()] == ["PEAR", "FIG"]
assert fruits.rdd.map(lambda row: len(row.fruit)).sum() == 7
lengths = fruits.groupBy("id").count().orderBy("id")
lengths.write.mode("overwrite").parquet("s3://glue-matrix/out/")
assert spark.read.parquet("s3://glue-matrix/out/").count() == 2
"""


def test_a_glue_job_calls_python(localaws: LocalAws):
    s3, glue = localaws.client("s3"), localaws.client("glue")
    s3.create_bucket(Bucket="glue-matrix")
    s3.put_object(Bucket="glue-matrix", Key="job.py", Body=SCRIPT)
    glue.create_job(
        Name="matrix",
        Role=create_role(localaws, ADMINISTRATOR),
        Command={"Name": "glueetl", "ScriptLocation": "s3://glue-matrix/job.py"},
    )
    run_id = glue.start_job_run(JobName="matrix")["JobRunId"]
    run = wait_for(
        lambda: glue.get_job_run(JobName="matrix", RunId=run_id)["JobRun"],
        lambda run: run["JobRunState"] not in {"STARTING", "RUNNING"},
        timeout_seconds=240,
    )
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
