"""A Spark session as `localaws` starts one: 1 GB heap, two cores, S3 at an endpoint."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from ingestion.normalize import job
from localaws.downloads import ensure_engines
from localaws.settings import Settings


@contextmanager
def spark_session(endpoint: str, access_key: str, secret_key: str) -> Iterator[SparkSession]:
    """Start the session of the normalize job and stop it at the end.

    Parameters
    ----------
    endpoint
        Address of the S3 endpoint for ``s3://``.
    """
    local = Settings()
    ensure_engines(local)
    os.environ["JAVA_HOME"] = str(local.spark_java_home)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["TZ"] = "UTC"  # collect() returns naive times in the zone of this process
    time.tzset()
    builder = SparkSession.builder.master("local[2]").appName("tests")
    settings = {
        "spark.driver.memory": "1g",
        # Tests end before the second compiler pays off.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.jars": ",".join(map(str, local.s3a_jars)),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.access.key": access_key,
        "spark.hadoop.fs.s3a.secret.key": secret_key,
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    builder.getOrCreate().sparkContext.setLogLevel("ERROR")
    session = job.build_session()
    session.conf.set("spark.sql.shuffle.partitions", "2")
    try:
        yield session
    finally:
        session.stop()
