"""Trino's catalogs: what makes it read and write moto's Glue and S3 the way Athena does."""

from collections.abc import Mapping

HIVE_CATALOG = "awsdatacatalog"
"""Athena's name of the Glue catalog; every table is reachable under it."""
ICEBERG_CATALOG = "iceberg"
"""Where Iceberg tables really live; `HIVE_CATALOG` redirects to it. No SQL of a user names it."""

_MAX_OPEN_PARTITIONS = 100
"""Athena's limit of partitions that one statement may write."""

_HIVE: Mapping[str, str] = {
    "connector.name": "hive",
    "hive.metastore": "glue",
    "hive.iceberg-catalog-name": ICEBERG_CATALOG,
    "hive.non-managed-table-writes-enabled": "true",
    "hive.non-managed-table-creates-enabled": "true",
    "hive.recursive-directories": "true",
    "hive.partition-projection-enabled": "true",
    "hive.max-partitions-per-writers": str(_MAX_OPEN_PARTITIONS),
    # Athena reads what it finds under a partition's path, whatever the case of the folder.
    "hive.ignore-absent-partitions": "true",
    # Others (dbt, the crawler, boto3) change the catalog behind Trino's back: cache nothing.
    "hive.metastore-cache-ttl": "0s",
    "hive.metastore-stats-cache-ttl": "0s",
    # Athena neither keeps nor reads statistics of its own; each costs a request per column.
    "hive.table-statistics-enabled": "false",
    "hive.collect-column-statistics-on-write": "false",
    "hive.compression-codec": "GZIP",
}

_ICEBERG: Mapping[str, str] = {
    "connector.name": "iceberg",
    "iceberg.catalog.type": "glue",
    "iceberg.hive-catalog-name": HIVE_CATALOG,
    "iceberg.max-partitions-per-writer": str(_MAX_OPEN_PARTITIONS),
    "iceberg.file-format": "PARQUET",
    # Each commit of Athena leaves a version of the table in Glue.
    "hive.metastore.glue.skip-archive": "false",
    "iceberg.register-table-procedure.enabled": "true",
    "iceberg.allowed-extra-properties": "*",
    "iceberg.extended-statistics.collect-on-write": "false",
    # VACUUM's retention comes from the table's own properties and may be seconds.
    "iceberg.expire-snapshots.min-retention": "0s",
    "iceberg.remove-orphan-files.min-retention": "0s",
}


def catalogs(
    *, endpoint_url: str, region: str, access_key: str, secret_key: str
) -> dict[str, dict[str, str]]:
    """Return Trino's catalog files.

    Parameters
    ----------
    endpoint_url
        The AWS endpoint that serves Glue and S3.
    region
        The account's region.
    access_key, secret_key
        The engine's key: Glue answers it as Trino needs it.

    Returns
    -------
    dict
        File name without ``.properties`` → properties.
    """
    services = {
        "hive.metastore.glue.region": region,
        "hive.metastore.glue.endpoint-url": endpoint_url,
        "hive.metastore.glue.aws-access-key": access_key,
        "hive.metastore.glue.aws-secret-key": secret_key,
        "hive.metastore.glue.partitions-segments": "1",
        "fs.native-s3.enabled": "true",
        "s3.endpoint": endpoint_url,
        "s3.region": region,
        "s3.path-style-access": "true",
        # This S3 fails only for good, as with a full disk: 20 attempts would take half a minute.
        "s3.max-error-retries": "3",
        "s3.aws-access-key": access_key,
        "s3.aws-secret-key": secret_key,
    }
    return {HIVE_CATALOG: {**_HIVE, **services}, ICEBERG_CATALOG: {**_ICEBERG, **services}}


def as_properties(properties: Mapping[str, str]) -> str:
    r"""Write properties as the text of a Java properties file.

    Examples
    --------
    >>> as_properties({"a": "1"})
    'a=1\n'
    """
    return "".join(f"{name}={value}\n" for name, value in properties.items())
