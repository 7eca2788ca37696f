"""Other programs read what Athena left, and reach Athena as they reach AWS."""

import uuid

import duckdb
from pyathena import connect
from pyiceberg.catalog.glue import GlueCatalog


def _options(athena):
    environment = athena.aws.environment()
    return environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]


def test_pyiceberg_reads_an_iceberg_table(athena):
    # GIVEN an Iceberg table of Athena's
    name = f"py_{uuid.uuid4().hex[:6]}"
    athena.run(
        f"create table {name} with (table_type='iceberg', is_external=false,"
        f" location='{athena.location(name)}') as select 1 as id, 'a' as v"
    )
    # WHEN pyiceberg opens it through Glue
    key, secret = _options(athena)
    catalog = GlueCatalog(
        "glue",
        **{
            "glue.endpoint": athena.aws.endpoint_url,
            "glue.region": athena.aws.region,
            "glue.access-key-id": key,
            "glue.secret-access-key": secret,
            "s3.endpoint": athena.aws.endpoint_url,
            "s3.access-key-id": key,
            "s3.secret-access-key": secret,
            "s3.region": athena.aws.region,
            "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
        },
    )
    table = catalog.load_table((athena.database, name))
    # THEN it sees the rows, and what it adds Athena sees
    assert table.scan().to_arrow().to_pylist() == [{"id": 1, "v": "a"}]
    table.append(table.scan().to_arrow())
    assert athena.rows(f"select count(*) from {name}") == [["2"]]


def test_duckdb_reads_a_hive_tables_files(athena, tmp_path):
    name = f"duck_{uuid.uuid4().hex[:6]}"
    athena.run(
        f"create table {name} with (external_location='{athena.location(name)}') as select 1 as id, 'a' as v"
    )
    (listed,) = athena.s3.list_objects_v2(Bucket=athena.bucket, Prefix=f"tables/{name}/")[
        "Contents"
    ]
    body = athena.s3.get_object(Bucket=athena.bucket, Key=listed["Key"])["Body"].read()
    path = tmp_path / "part.parquet"
    path.write_bytes(body)
    assert duckdb.sql(f"select id, v from '{path}'").fetchall() == [(1, "a")]


def test_pyathena_reads_types_and_rows(athena):
    key, secret = _options(athena)
    with connect(
        s3_staging_dir=athena.results,
        region_name=athena.aws.region,
        endpoint_url=athena.aws.endpoint_url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        schema_name=athena.database,
        poll_interval=0.05,
    ).cursor() as cursor:
        cursor.execute(
            "select true as a, cast(1 as bigint) as b, 1.5e0 as c, 'x' as d, date '2026-01-02' as e,"
            " decimal '1.10' as f, x'616263' as g, timestamp '2026-01-02 03:04:05' as h"
        )
        (row,) = cursor.fetchall()
        assert row[:4] == (True, 1, 1.5, "x")
        assert str(row[4]) == "2026-01-02"
        assert (str(row[5]), row[6], str(row[7])) == ("1.10", b"abc", "2026-01-02 03:04:05")
        assert [d[1] for d in cursor.description] == [
            "boolean",
            "bigint",
            "double",
            "varchar",
            "date",
            "decimal",
            "varbinary",
            "timestamp",
        ]


def test_the_metadata_api_describes_tables(athena):
    name = f"meta_{uuid.uuid4().hex[:6]}"
    athena.run(
        f"create external table {name} (id int comment 'k') partitioned by (dt date) stored as parquet location '{athena.location(name)}'"
    )
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": athena.database}
    found = athena.client.get_table_metadata(TableName=name, **where)["TableMetadata"]
    assert found["Columns"] == [{"Name": "id", "Type": "int", "Comment": "k"}]
    assert found["PartitionKeys"] == [{"Name": "dt", "Type": "date"}]
    listed = athena.client.list_table_metadata(Expression=f"{name}.*", **where)["TableMetadataList"]
    assert [table["Name"] for table in listed] == [name]
    databases = athena.client.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]
    assert athena.database in [database["Name"] for database in databases]
    catalogs = athena.client.list_data_catalogs()["DataCatalogsSummary"]
    assert catalogs[0]["CatalogName"] == "AwsDataCatalog"
