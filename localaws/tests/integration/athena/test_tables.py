"""Hive tables, views and databases, and what they leave in Glue."""

import io
import uuid

import pytest
from pyarrow import parquet


def _name(prefix):
    return f"{prefix}_{uuid.uuid4().hex[:6]}"


@pytest.mark.parametrize("file_format", ["parquet", "orc", "avro", "json", "textfile"])
def test_a_hive_table_of_each_format_is_written_and_read(athena, file_format):
    name = _name(file_format)
    execution = athena.run(
        f"create table {name} with (format='{file_format}', external_location='{athena.location(name)}',"
        " partitioned_by=array['p']) as select 1 as id, 'a' as v, 'x' as p union all select 2, 'b', 'y'"
    )
    result = athena.client.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert result["UpdateCount"] == 2
    athena.run(f"insert into {name} values (3, 'c', 'y')")
    assert athena.rows(f"select * from {name} order by id") == [
        ["1", "a", "x"],
        ["2", "b", "y"],
        ["3", "c", "y"],
    ]
    assert athena.words(f"show partitions {name}") == ["p=x", "p=y"]
    table = athena.table(name)
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert [(k["Name"], k["Type"]) for k in table["PartitionKeys"]] == [("p", "varchar(1)")]


def test_csv_json_and_delimited_text_are_read(athena):
    for key, body in {
        "csv/a.csv": b'id,v\n1,"a,b"\n2,\n',
        "json/a.json": b'{"id": 1, "v": {"a": [1, 2]}}\n',
        "tsv/a.tsv": b"1\tx\\ty\n",
    }.items():
        athena.s3.put_object(Bucket=athena.bucket, Key=f"raw/{key}", Body=body)
    csv, json, tsv = _name("csv"), _name("json"), _name("tsv")
    root = f"s3://{athena.bucket}/raw"
    athena.run(
        f"create external table {csv} (id string, v string) row format serde"
        f" 'org.apache.hadoop.hive.serde2.OpenCSVSerde' location '{root}/csv/'"
        " tblproperties ('skip.header.line.count'='1')"
    )
    athena.run(
        f"create external table {json} (id int, v struct<a:array<int>>) row format serde"
        f" 'org.openx.data.jsonserde.JsonSerDe' location '{root}/json/'"
    )
    athena.run(
        f"create external table {tsv} (id int, v string) row format delimited fields terminated by"
        f" '\\t' escaped by '\\\\' location '{root}/tsv/'"
    )
    assert athena.rows(f"select * from {csv}") == [["1", "a,b"], ["2", ""]]
    assert athena.rows(f"select * from {json}") == [["1", "{a=[1, 2]}"]]
    assert athena.rows(f"select id from {tsv}") == [["1"]]


def test_a_serde_that_the_engine_lacks_fails_the_read(athena):
    name = _name("grok")
    athena.s3.put_object(Bucket=athena.bucket, Key=f"tables/{name}/a.log", Body=b"a b")
    athena.run(
        f"create external table {name} (a string) row format serde"
        " 'com.amazonaws.glue.serde.GrokSerDe' with serdeproperties ('input.format'='%{WORD:a}')"
        f" location '{athena.location(name)}'"
    )
    status = athena.fail(f"select * from {name}")
    assert "GrokSerDe" in status["StateChangeReason"]


def test_a_hive_tables_columns_and_properties_change(athena):
    name = _name("change")
    athena.run(f"create external table {name} (a int, b int) location '{athena.location(name)}'")
    athena.run(f"alter table {name} add columns (c string comment 'new')")
    athena.run(f"alter table {name} change column b d bigint after c")
    assert athena.words(f"show columns in {name}") == ["a", "c", "d"]
    athena.run(f"alter table {name} replace columns (z int)")
    assert athena.words(f"describe {name}") == ["z\tint"]
    athena.run(f"alter table {name} set tblproperties ('k'='v', 'comment'='mine')")
    assert athena.lines(f"show tblproperties {name} ('k')") == ["v"]
    assert athena.table(name)["Description"] == "mine"
    athena.run(f"alter table {name} unset tblproperties ('k')")
    assert not [line for line in athena.lines(f"show tblproperties {name}") if line[0] == "k"]


def test_partitions_are_found_added_projected_and_dropped(athena):
    name = _name("parts")
    root = athena.location(name)
    for day in ("2026-01-01", "2026-01-02"):
        athena.s3.put_object(
            Bucket=athena.bucket, Key=f"tables/{name}/dt={day}/a.txt", Body=day.encode()
        )
    columns = "(v string) partitioned by (dt string)"
    athena.run(f"create external table {name} {columns} location '{root}'")
    assert athena.rows(f"select * from {name}") == []
    lines = athena.words(f"msck repair table {name}")
    assert lines[0].startswith("Partitions not in metastore:")
    assert athena.rows(f"select count(*) from {name}") == [["2"]]
    athena.run(f"alter table {name} drop partition (dt = '2026-01-01')")
    athena.run(
        f"alter table {name} add partition (dt = '2026-01-09') location '{root}dt=2026-01-01/'"
    )
    assert athena.words(f"show partitions {name}") == ["dt=2026-01-02", "dt=2026-01-09"]
    assert athena.rows(f"select v from {name} where dt = '2026-01-09'") == [["2026-01-01"]]
    athena.run(
        f"create external table {name}_p {columns} location '{root}' tblproperties ("
        "'projection.enabled'='true', 'projection.dt.type'='date', 'projection.dt.format'='yyyy-MM-dd',"
        " 'projection.dt.range'='2026-01-01,2026-01-03')"
    )
    assert athena.rows(f"select v, dt from {name}_p order by dt") == [
        ["2026-01-01", "2026-01-01"],
        ["2026-01-02", "2026-01-02"],
    ]


def test_a_view_has_its_columns_in_the_catalog(athena):
    name = _name("view")
    athena.run(
        f"create or replace view {name} as select 1 as id, array['a'] as tags, timestamp '2026-01-01 00:00:00' as at"
    )
    entry = athena.table(name)
    assert entry["TableType"] == "VIRTUAL_VIEW"
    assert entry["Parameters"]["presto_view"] == "true"
    assert entry["ViewOriginalText"].startswith("/* Presto View: ")
    assert [(c["Name"], c["Type"]) for c in entry["StorageDescriptor"]["Columns"]] == [
        ("id", "int"),
        ("tags", "array<varchar(1)>"),
        ("at", "timestamp"),
    ]
    assert name in athena.words("show views")
    assert athena.words(f"show create view {name}")[0].startswith("CREATE VIEW")
    assert athena.rows(f"select id from {name}") == [["1"]]
    described = ["id\tinteger", "tags\tarray(varchar(1))", "at\ttimestamp(0)"]
    assert athena.lines(f"describe {name}") == described
    assert athena.lines(f"show columns in {name}") == described
    athena.run(f"drop view {name}")


def test_a_table_can_be_made_again_from_its_description(athena):
    name = _name("orig")
    athena.run(
        f"create external table {name} (`id` int comment 'it\\'s', `s` struct<a:int>) comment 'c'"
        f" partitioned by (`dt` date) stored as parquet location '{athena.location(name)}'"
        " tblproperties ('k'='v')"
    )
    text = "\n".join(str(row[0]) for row in athena.rows(f"show create table {name}"))
    before = athena.table(name)
    athena.run(f"drop table {name}")
    athena.run(text)
    after = athena.table(name)
    assert after["StorageDescriptor"] == before["StorageDescriptor"]
    assert after["PartitionKeys"] == before["PartitionKeys"]
    assert after["Parameters"] == before["Parameters"]


def test_a_hive_table_is_described_padded(athena):
    name = _name("padded")
    athena.run(
        f"create external table {name} (id int comment 'k') partitioned by (dt date)"
        f" location '{athena.location(name)}'"
    )
    id_line, dt_line = (
        "id                  \tint                 \tk                   ",
        "dt                  \tdate                \t                    ",
    )
    assert athena.lines(f"describe {name}") == [
        id_line,
        dt_line,
        "\t \t ",
        "# Partition Information\t \t ",
        "# col_name          \tdata_type           \tcomment             ",
        "\t \t ",
        dt_line,
    ]


def _codecs(athena, name):
    """The compression of each data file of a table."""
    found = athena.s3.list_objects_v2(Bucket=athena.bucket, Prefix=f"tables/{name}/")["Contents"]
    bodies = [
        athena.s3.get_object(Bucket=athena.bucket, Key=item["Key"])["Body"].read()
        for item in found
        if "/metadata/" not in item["Key"]
    ]
    return sorted(
        parquet.read_metadata(io.BytesIO(body)).row_group(0).column(0).compression
        for body in bodies
    )


_DECLARED = {
    "hive": "create table {t} with (external_location='{l}'{w}) as select 1 as id",
    "iceberg": """create table {t} with (table_type='iceberg', is_external=false, location='{l}'{w})
        as select 1 as id""",
    "iceberg, empty": """create table {t} (id int) location '{l}'
        tblproperties ('table_type'='iceberg'{w})""",
    "external": """create external table {t} (id int) stored as parquet location '{l}'
        tblproperties ('a'='b'{w})""",
}


@pytest.mark.parametrize(
    ("kind", "declared", "codecs"),
    [
        ("hive", ", write_compression='snappy'", ["SNAPPY", "SNAPPY"]),
        ("hive", "", ["GZIP", "GZIP"]),
        ("iceberg", ", write_compression='gzip'", ["GZIP", "GZIP"]),
        ("iceberg, empty", ", 'write_compression'='snappy'", ["SNAPPY"]),
        ("external", ", 'parquet.compression'='zstd'", ["ZSTD"]),
    ],
)
def test_later_inserts_compress_as_the_table_was_declared(athena, kind, declared, codecs):
    name = _name("codec")
    athena.run(_DECLARED[kind].format(t=name, l=athena.location(name), w=declared))
    athena.run(f"insert into {name} values (2)")
    assert _codecs(athena, name) == codecs


def test_databases_are_made_changed_and_dropped(athena):
    name = _name("database")
    athena.run(
        f"create database {name} comment 'mine' location 's3://{athena.bucket}/{name}/'"
        " with dbproperties ('a'='b')"
    )
    athena.run(f"alter database {name} set dbproperties ('c'='d')")
    database = athena.glue.get_database(Name=name)["Database"]
    assert database["Description"] == "mine"
    assert database["LocationUri"] == f"s3://{athena.bucket}/{name}/"
    assert database["Parameters"] == {"a": "b", "c": "d"}
    assert name in athena.words("show databases")
    athena.run(f"create external table {name}.t (a int) location 's3://{athena.bucket}/{name}/t/'")
    assert "is not empty" in athena.fail(f"drop database {name}")["StateChangeReason"]
    athena.run(f"drop database {name} cascade")
    assert name not in athena.words("show databases")


def test_unload_writes_files_and_leaves_no_table(athena):
    prefix = _name("unload")
    athena.run(
        f"unload (select 1 as a, 'x' as b) to 's3://{athena.bucket}/{prefix}/' with (format='parquet')"
    )
    found = athena.s3.list_objects_v2(Bucket=athena.bucket, Prefix=f"{prefix}/")
    assert found["KeyCount"] == 1
    assert not [line for line in athena.words("show tables") if line.startswith("unload_")]


def test_what_athena_refuses_is_refused(athena):
    name = _name("no")
    where = f"external_location='{athena.location(name)}'"
    identity = athena.start(
        f"create table {name} with ({where}) as select cast(now() as timestamp(6)) as t"
    )
    status = athena.wait(identity)["Status"]
    assert status["StateChangeReason"] == (
        "NOT_SUPPORTED: Unsupported Hive type: timestamp(6). Supported Hive types: timestamp(3). You"
        f" may need to manually clean the data at location '{athena.results}tables/{identity}'"
        " before retrying. Athena will not delete data in your account."
    )
    athena.run(f"create table {name} with ({where}) as select 1 as a")
    assert (
        "already exists"
        in athena.fail(f"create table {name} as select 1 as a")["StateChangeReason"]
    )
    full = athena.fail(f"create table {name}_2 with ({where}) as select 1 as a")[
        "StateChangeReason"
    ]
    assert full.startswith("HIVE_PATH_ALREADY_EXISTS: Target directory for table")
    for sql in (
        f"delete from {name}",
        f"update {name} set a = 2",
        f"delete from {name} where a = 1",
    ):
        reason = athena.fail(sql)["StateChangeReason"]
        assert (
            reason
            == "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables"
        )
    many = athena.fail(
        f"create table {name}_3 with (external_location='{athena.location(name)}3/', partitioned_by=array['p'])"
        " as select 1 as a, n as p from unnest(sequence(1, 101)) as t (n)"
    )["StateChangeReason"]
    assert many.startswith(
        "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions"
    )
    bad = athena.fail(f"create table {name}_4 with (nonsense=1) as select 1 as a")[
        "StateChangeReason"
    ]
    assert "Unsupported table property key: nonsense" in bad
    assert "is not empty" in athena.fail(f"drop database {athena.database}")["StateChangeReason"]
