"""The pads of the visitor hash as a one-row table, so that the query plan does not show them."""

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import BinaryType, StructField, StructType

PAD_COLUMNS = ("_inner_pad", "_outer_pad")


def pads_table(spark: SparkSession, pads: tuple[bytes, bytes]) -> DataFrame:
    """Return one row with `PAD_COLUMNS`, see `privacy.hmac_pads`.

    A literal would be in the query plan, and with it the key in Spark's event log.
    It is created with the Java API: a table of Python's `createDataFrame` is read by Python
    workers, and starting them takes seconds of each job, for one row.
    """
    session: Any = spark._jsparkSession  # noqa: SLF001 - the Java API has no public name
    gateway: Any = spark.sparkContext._gateway  # noqa: SLF001
    values = gateway.new_array(gateway.jvm.java.lang.Object, len(pads))
    for position, pad in enumerate(pads):
        values[position] = bytearray(pad)
    rows = gateway.jvm.java.util.ArrayList()
    rows.add(gateway.jvm.org.apache.spark.sql.RowFactory.create(values))
    schema = StructType([StructField(name, BinaryType(), nullable=False) for name in PAD_COLUMNS])
    table = session.createDataFrame(rows, session.parseDataType(schema.json()))
    return DataFrame(table, spark)
