"""A small job that makes Spark load what most jobs load; ``class_archive`` records the classes."""

import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

FOLDER_COUNT = 3


def main(folder: str) -> None:
    """Write and read JSON and partitioned parquet, with joins, windows and S3A's own set-up."""
    spark = SparkSession.builder.config(
        "spark.sql.sources.partitionOverwriteMode", "dynamic"
    ).getOrCreate()
    numbers = spark.range(99).select(
        "id",
        (F.col("id") % FOLDER_COUNT).alias("k"),
        F.col("id").cast("string").alias("s"),
        F.current_timestamp().alias("at"),
    )
    numbers.write.mode("overwrite").json(f"{folder}/json", compression="gzip")
    text = spark.read.schema("id long, k int, s string, at timestamp, _corrupt string").json(
        f"{folder}/json", columnNameOfCorruptRecord="_corrupt"
    )
    latest = Window.partitionBy("k").orderBy(F.col("id").desc())
    ranked = text.withColumn("rank", F.row_number().over(latest)).where("rank < 9")
    joined = ranked.join(numbers.groupBy("k").agg(F.max("id").alias("top")), "k", "left")
    hashed = joined.withColumn("h", F.sha2("s", 256)).withColumn("a", F.array("s"))
    hashed.write.mode("overwrite").partitionBy("k").parquet(f"{folder}/parquet")
    spark.read.parquet(f"{folder}/parquet").where("k = 1").count()
    jvm = spark.sparkContext._jvm
    address = jvm.java.net.URI("s3://classes/")
    jvm.org.apache.hadoop.fs.FileSystem.get(
        address,
        spark.sparkContext._jsc.hadoopConfiguration(),
    )
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
