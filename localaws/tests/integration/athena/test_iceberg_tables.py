"""Iceberg tables and what they leave in Glue."""

import uuid

import pytest


def _name(prefix):
    return f"{prefix}_{uuid.uuid4().hex[:6]}"


def test_an_iceberg_table_lives_through_everything(athena):
    name = _name("ice")
    athena.run(
        f"create table {name} with (table_type='iceberg', is_external=false, location='{athena.location(name)}',"
        " partitioning=array['month(at)'], vacuum_max_snapshot_age_seconds=60) as"
        " select 1 as id, 'a' as v, cast(timestamp '2026-01-01 00:00:00' as timestamp(6)) as at"
    )
    athena.run(f"insert into {name} values (2, 'b', timestamp '2026-02-01 00:00:00.000001')")
    athena.run(
        f"merge into {name} t using (select 1 as id) s on t.id = s.id when matched then update set v = 'm'"
    )
    athena.run(f"update {name} set v = 'u' where id = 2")
    assert athena.rows(f"select id, v, at from {name} order by id") == [
        ["1", "m", "2026-01-01 00:00:00.000000"],
        ["2", "u", "2026-02-01 00:00:00.000001"],
    ]
    athena.run(f"delete from {name} where id = 2")
    # THEN the past can be seen
    (first, *_) = athena.rows(f'select snapshot_id from "{name}$snapshots" order by committed_at')
    assert athena.rows(f"select v from {name} for version as of {first[0]}") == [["a"]]
    assert athena.rows(
        f"select count(*) from {name} for timestamp as of (current_timestamp - interval '0.001' second)"
    ) == [["1"]]
    # AND its schema can change
    athena.run(f"alter table {name} add columns (extra map<string,int> comment 'more')")
    athena.run(f"alter table {name} change column v w string")
    athena.run(f"alter table {name} drop column extra")
    assert athena.lines(f"describe {name}") == [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "id\tint\t",
        "w\tstring\t",
        "at\ttimestamp\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "at_month\tmonth\tat",
    ]
    assert athena.lines(f"show columns in {name}") == ["id", "w", "at"]
    # AND it can be maintained, renamed and dropped with its files
    athena.run(
        f"optimize {name} rewrite data using bin_pack where at >= timestamp '2020-01-01 00:00:00'"
    )
    athena.run(f"vacuum {name}")
    athena.run(f"alter table {name} rename to {name}_2")
    table = athena.table(f"{name}_2")
    assert table["Parameters"]["table_type"].upper() == "ICEBERG"
    assert table["Parameters"]["metadata_location"].startswith(athena.location(name))
    assert {
        column["Parameters"]["iceberg.field.current"]
        for column in table["StorageDescriptor"]["Columns"]
    } == {"true"}
    athena.run(f"delete from {name}_2")
    assert athena.rows(f"select count(*) from {name}_2") == [["0"]]
    athena.run(f"drop table {name}_2")
    left = athena.s3.list_objects_v2(Bucket=athena.bucket, Prefix=f"tables/{name}/")
    assert left["KeyCount"] == 0


def test_an_iceberg_table_is_declared_with_hives_words(athena):
    name = _name("decl")
    athena.run(
        f"create table {name} (id bigint comment 'key', at timestamp, tags array<string>)"
        f" partitioned by (bucket(4, id), day(at)) location '{athena.location(name)}'"
        " tblproperties ('table_type'='ICEBERG', 'format'='parquet', 'write_compression'='zstd')"
    )
    athena.run(f"insert into {name} values (1, timestamp '2026-01-01 00:00:00', array['x'])")
    assert athena.rows(f"select tags from {name}") == [["[x]"]]
    lines = athena.lines(f"describe {name}")
    assert lines[2:5] == ["id\tbigint\tkey", "at\ttimestamp\t", "tags\tarray<string>\t"]
    assert lines[-2:] == ["id_bucket\tbucket[4]\tid", "at_day\tday\tat"]
    assert "write_compression\tzstd\t" in athena.lines(f"describe extended {name}")


@pytest.mark.parametrize(
    "kind", ["files", "history", "manifests", "partitions", "refs", "snapshots"]
)
def test_each_metadata_table_can_be_read(athena, versioned, kind):
    (count,) = athena.rows(f'select count(*) from "{versioned}${kind}"')[0]
    assert int(str(count)) > 0


@pytest.fixture(scope="module")
def versioned(athena):
    name = _name("versioned")
    athena.run(
        f"create table {name} with (table_type='iceberg', is_external=false,"
        f" location='{athena.location(name)}', partitioning=array['p']) as select 1 as id, 'a' as p"
    )
    return name


def test_what_athena_has_for_hive_tables_only_is_refused_for_iceberg_and_the_reverse(athena):
    ice, hive = _name("only"), _name("only")
    athena.run(
        f"create table {ice} (a int) location '{athena.location(ice)}'"
        " tblproperties ('table_type'='iceberg')"
    )
    athena.run(f"create external table {hive} (a int) location '{athena.location(hive)}'")
    for action in (
        "replace columns (b int)",
        "add partition (a = 1)",
        "drop partition (a = 1)",
        "set location 's3://elsewhere/'",
    ):
        reason = athena.fail(f"alter table {ice} {action}")["StateChangeReason"]
        assert reason == "Query type not supported by Athena Iceberg at this time"
    assert (
        "Table cannot be renamed"
        in athena.fail(f"alter table {hive} rename to x")["StateChangeReason"]
    )
    reason = athena.fail(
        f"create table {ice}_2 (a int) stored as parquet location '{athena.location(ice)}2/'"
        " tblproperties ('table_type'='iceberg')"
    )["StateChangeReason"]
    assert reason == "Iceberg create table statement does not allow STORED AS/BY"
