"""OPTIMIZE and VACUUM do so much at a time and ask for another run, as Athena does."""

import re
import time
from collections.abc import Iterator

import pytest

from localaws.testing import start

from .conftest import Athena

PARTITIONS, FILES = 2, 3


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Athena]:
    """An Athena of its own, with small rounds."""
    home = tmp_path_factory.mktemp("rounds")
    with start(home, optimize_partitions_per_run=PARTITIONS, vacuum_files_per_run=FILES) as aws:
        found = Athena(aws, "rounds", "rounds")
        found.s3.create_bucket(Bucket=found.bucket)
        found.run("create database rounds")
        yield found


def _table(athena: Athena, name: str, partitions: int, writes: int) -> None:
    athena.run(
        f"create table {name} (id int, p int) partitioned by (p) location '{athena.location(name)}'"
        " tblproperties ('table_type'='iceberg', 'vacuum_max_snapshot_age_seconds'='1')"
    )
    for write in range(writes):
        rows = ", ".join(f"({write}, {p})" for p in range(partitions))
        athena.run(f"insert into {name} values {rows}")


def _until_done(athena: Athena, sql: str) -> list[str]:
    """Repeat a statement until it succeeds; return the reasons of the runs before."""
    reasons: list[str] = []
    while len(reasons) < 30:
        status = athena.wait(athena.start(sql))["Status"]
        if status["State"] == "SUCCEEDED":
            return reasons
        reasons.append(status["StateChangeReason"])
    raise AssertionError(reasons[-1])


def _files_by_partition(athena: Athena, name: str) -> dict[str, int]:
    sql = f'select "$path" from {name} group by 1'
    paths = [str(path) for (path,) in athena.rows(sql)]
    found = [re.search(r"p=(\d+)/", path) for path in paths]
    numbers = [match[1] for match in found if match]
    return {number: numbers.count(number) for number in numbers}


def test_an_optimize_rewrites_so_many_partitions_and_asks_for_another_run(small: Athena) -> None:
    # GIVEN five partitions of two files each, and rounds of two partitions
    _table(small, "scattered", partitions=5, writes=2)
    rows = small.rows("select id, p from scattered order by 1, 2")
    # WHEN it is optimized once
    reason = small.fail("optimize scattered rewrite data using bin_pack")["StateChangeReason"]
    # THEN Athena's words say so, and what was done stays
    assert reason.startswith(
        "ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED: Processed 2 partitions in this round of optimization, "
        "but there are more partitions remaining. Please run another OPTIMIZE command"
    )
    assert sorted(_files_by_partition(small, "scattered").values()) == [1, 1, 2, 2, 2]
    # AND two more runs do the rest
    assert len(_until_done(small, "optimize scattered rewrite data using bin_pack")) == 1
    assert set(_files_by_partition(small, "scattered").values()) == {1}
    assert small.rows("select id, p from scattered order by 1, 2") == rows


def test_an_optimize_of_a_few_partitions_needs_one_run(small: Athena) -> None:
    _table(small, "chosen", partitions=5, writes=2)
    small.run("optimize chosen rewrite data using bin_pack where p < 2")
    assert sorted(_files_by_partition(small, "chosen").values()) == [1, 1, 2, 2, 2]


def test_a_vacuum_removes_so_many_files_and_asks_for_another_run(small: Athena) -> None:
    # GIVEN a table of many snapshots
    _table(small, "old", partitions=1, writes=6)
    small.run("optimize old rewrite data using bin_pack")
    time.sleep(1.1)  # the least age of a snapshot that is expired
    # WHEN it is vacuumed until nothing is left to do
    reasons = _until_done(small, "vacuum old")
    # THEN each round but the last asked for another
    assert len(reasons) > 1
    for reason in reasons:
        assert re.match(
            r"ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed [3-9] files in this round of vacuum, but "
            r"there are more files remaining\. Please run another VACUUM command",
            reason,
        )
    # AND nothing is left but the newest snapshot with all rows
    assert small.rows('select count(*) from "old$snapshots"') == [["1"]]
    assert small.rows("select count(*) from old") == [["6"]]


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("quoted", True),
        ("`quoted`", True),
        ("rounds.quoted", True),
        ("rounds.`quoted`", True),
        ("`rounds`.`quoted`", False),
        ("`rounds`.quoted", False),
        ('"quoted"', False),
        ('rounds."quoted"', False),
        ('"rounds"."quoted"', False),
    ],
)
@pytest.mark.parametrize("verb", ["vacuum {}", "optimize {} rewrite data using bin_pack"])
def test_only_the_tables_name_may_be_in_backticks(
    small: Athena, quoted_table: None, verb: str, name: str, accepted: bool
) -> None:
    del quoted_table
    sql = verb.format(name)
    if accepted:
        small.run(sql)
        return
    with pytest.raises(small.client.exceptions.InvalidRequestException, match="mismatched input"):
        small.start(sql)


@pytest.fixture(scope="module")
def quoted_table(small: Athena) -> None:
    _table(small, "quoted", partitions=1, writes=1)
