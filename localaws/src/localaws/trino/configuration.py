"""Trino's catalogs: what makes it read and write moto's Glue and S3 the way Athena does."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

HIVE_CATALOG = "awsdatacatalog"
"""Athena's name of the Glue catalog; every table is reachable under it."""
ICEBERG_CATALOG = "iceberg"
"""Where Iceberg tables really live; `HIVE_CATALOG` redirects to it. No SQL of a user names it."""

ROLE_CREDENTIAL = "localaws_role"
"""Name of the credential with which a query says as whom it reads and writes S3."""

MAPPING_REFRESH_MILLISECONDS = 300
"""How old what Trino knows of the roles may be; the first query of a role waits for so long."""

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


def security_mapping(default: str, others: Iterable[str]) -> str:
    """Return the file that lets each query read and write S3 as the role that it names.

    https://trino.io/docs/476/object-storage/file-system-s3.html, "Security mapping".

    Parameters
    ----------
    default
        ARN of whom a query acts as that names nobody.
    others
        ARNs that queries may name.
    """
    mapping = {"iamRole": default, "allowedIamRoles": sorted(others)}
    return json.dumps({"mappings": [mapping]})


def catalogs(
    *,
    endpoint_url: str,
    region: str,
    access_key: str,
    secret_key: str,
    security_mapping_file: Path | None = None,
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
    security_mapping_file
        Where ``security_mapping`` was written; None: all queries read and write as Trino itself.

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
    if security_mapping_file is not None:
        services |= {
            "s3.security-mapping.enabled": "true",
            "s3.security-mapping.config-file": str(security_mapping_file),
            "s3.security-mapping.iam-role-credential-name": ROLE_CREDENTIAL,
            "s3.security-mapping.refresh-period": f"{MAPPING_REFRESH_MILLISECONDS}ms",
            "s3.sts.endpoint": endpoint_url,
            "s3.sts.region": region,
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
