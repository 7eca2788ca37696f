"""Two stacks of one account: each has its own databases, nights and erasures."""

import pytest

from orchestration.cli import athena
from orchestration.cloud import Cloud
from orchestration.infrastructure import stack
from orchestration.settings import Settings
from tests.support.pipeline import Pipeline

SECOND = "second-team"


@pytest.fixture(scope="module")
def second(pipeline: Pipeline) -> Cloud:
    """The second stack after its first night, next to the first one."""
    ran = pipeline.run("nightly", STACK_NAME=SECOND)
    assert ran.code == 0, ran.output
    return Cloud(Settings(localaws_home=pipeline.home, stack_name=SECOND))


def test_a_second_stack_has_databases_of_its_own(pipeline: Pipeline, second: Cloud) -> None:
    ours, theirs = stack.databases(pipeline.cloud), stack.databases(second)
    assert {ours.staging, ours.analytics} & {theirs.staging, theirs.analytics} == set()
    counts = athena.query(second, "select count(*), count(distinct media_id) from fact_events").rows
    assert int(str(counts[0][0])) > 0


def test_its_erasure_touches_neither_marts_nor_files_of_the_other(
    pipeline: Pipeline, second: Cloud
) -> None:
    before = pipeline.facts()
    sql = "select visitor_id from fact_events group by 1 order by count(*) desc limit 1"
    ((visitor,),) = athena.query(second, sql).rows
    ran = pipeline.run("erase", str(visitor), STACK_NAME=SECOND)
    assert ran.code == 0, ran.output
    of_viewer = f"select count(*) from fact_events where visitor_id = '{visitor}'"
    assert athena.query(second, of_viewer).rows == [["0"]]
    assert pipeline.facts() == before


def test_a_deploy_keeps_the_databases_that_a_stack_has(pipeline: Pipeline, second: Cloud) -> None:
    named = stack.databases(second)
    ran = pipeline.run("up", STACK_NAME=SECOND, ALERT_EMAIL="somebody@example.com")
    assert ran.code == 0, ran.output
    assert stack.databases(second) == named
