"""How a crawler reads folders and types."""

import pyarrow as pa
import pytest

from localaws.glue_crawlers.files import DataFile, group_by_folder, split_location
from localaws.glue_crawlers.glue_types import Column, columns_of, glue_type, same_type


@pytest.mark.parametrize(
    ("arrow", "name"),
    [
        (pa.int32(), "int"),
        (pa.int64(), "bigint"),
        (pa.large_string(), "string"),
        (pa.timestamp("ms"), "timestamp"),
        (pa.decimal128(10, 2), "decimal(10,2)"),
        (pa.list_(pa.int32()), "array<int>"),
        (pa.map_(pa.string(), pa.float64()), "map<string,double>"),
        (pa.struct([("A", pa.bool_()), ("b", pa.date32())]), "struct<a:boolean,b:date>"),
        (pa.dictionary(pa.int32(), pa.string()), "string"),
    ],
)
def test_arrow_types_have_the_catalogs_names(arrow, name):
    assert glue_type(arrow) == name


def test_a_type_that_the_catalog_lacks_is_refused_by_name():
    with pytest.raises(ValueError, match="duration"):
        glue_type(pa.duration("s"))


def test_column_names_become_lower_case():
    assert columns_of(pa.schema([("Media_ID", pa.string())])) == [Column("media_id", "string")]


@pytest.mark.parametrize(
    ("declared", "found", "same"),
    [
        ("BIGINT", "bigint", True),
        ("array< int >", "array<int>", True),
        ("varchar(10)", "string", True),
        ("int", "bigint", False),
    ],
)
def test_types_are_compared_by_meaning(declared, found, same):
    assert same_type(declared, found) is same


def test_files_are_sorted_into_their_partitions():
    # GIVEN files of two days, one with an escaped value
    files = [
        DataFile("staging/t/day=2026-03-01/a.parquet", "1", 1),
        DataFile("staging/t/day=2026-03-01/b.parquet", "2", 1),
        DataFile("staging/t/day=a%2Fb/c.parquet", "3", 1),
    ]
    # WHEN they are grouped
    folders = group_by_folder(iter(files), "staging/t/")
    # THEN each folder has its values and its files
    assert [folder.partition for folder in folders] == [(("day", "2026-03-01"),), (("day", "a/b"),)]
    assert [len(folder.files) for folder in folders] == [2, 1]


def test_a_fingerprint_changes_with_any_file():
    # GIVEN the same folder before and after one file was written again
    before = group_by_folder(iter([DataFile("t/a", "1", 1), DataFile("t/b", "2", 1)]), "t/")[0]
    after = group_by_folder(iter([DataFile("t/b", "3", 1), DataFile("t/a", "1", 1)]), "t/")[0]
    same = group_by_folder(iter([DataFile("t/b", "2", 1), DataFile("t/a", "1", 1)]), "t/")[0]
    # THEN only the change counts, not the order
    assert before.fingerprint == same.fingerprint != after.fingerprint


@pytest.mark.parametrize("location", ["s3://b/a/t", "s3://b/a/t/", "s3a://b/a/t/"])
def test_a_location_has_one_prefix_however_it_is_written(location):
    assert split_location(location) == ("b", "a/t/")
