"""Seeds. The published set-up makes its expected table with PostgreSQL's SQL; its rows are kept."""

from pathlib import Path

import pytest
from dbt.tests.adapter.simple_seed import seeds
from dbt.tests.adapter.simple_seed.test_seed import (
    BaseBasicSeedTests,
    BaseSeedConfigFullRefreshOff,
    BaseSeedConfigFullRefreshOn,
    BaseSeedCustomSchema,
    BaseSeedParsing,
    BaseSeedSpecificFormats,
    BaseSeedWithEmptyDelimiter,
    BaseSeedWithUniqueDelimiter,
    BaseSimpleSeedEnabledViaConfig,
    BaseSimpleSeedWithBOM,
    BaseTestEmptySeed,
)
from dbt.tests.util import run_dbt

_ROWS = seeds.seeds__expected_sql.rsplit("VALUES", 1)[1].strip().rstrip(";")
_EXPECTED = f"""
create table {{schema}}.seed_expected as
select seed_id, first_name, email, ip_address, cast(birthday as timestamp(3)) as birthday
from (values {_ROWS}) as t (seed_id, first_name, email, ip_address, birthday)
"""


class _ExpectedOnAthena:
    @pytest.fixture(scope="class", autouse=True)
    def setUp(self, project):
        project.run_sql(_EXPECTED)


class TestBasicSeeds(_ExpectedOnAthena, BaseBasicSeedTests):
    def test_simple_seed_full_refresh_flag(self, project):
        """PostgreSQL drops the model that reads the seed with it, Athena does not."""
        self._build_relations_for_test(project)
        results = run_dbt(["seed", "--full-refresh"])
        self._check_relation_end_state(run_result=results, project=project, exists=True)


class TestSeedFullRefreshOn(_ExpectedOnAthena, BaseSeedConfigFullRefreshOn):
    def test_simple_seed_full_refresh_config(self, project):
        """PostgreSQL drops the model that reads the seed with it, Athena does not."""
        self._build_relations_for_test(project)
        self._check_relation_end_state(run_result=run_dbt(["seed"]), project=project, exists=True)


class TestSeedFullRefreshOff(_ExpectedOnAthena, BaseSeedConfigFullRefreshOff):
    pass


class TestSeedCustomSchema(_ExpectedOnAthena, BaseSeedCustomSchema):
    pass


class TestSeedWithUniqueDelimiter(_ExpectedOnAthena, BaseSeedWithUniqueDelimiter):
    pass


class TestSeedWithEmptyDelimiter(_ExpectedOnAthena, BaseSeedWithEmptyDelimiter):
    pass


class TestSeedParsing(_ExpectedOnAthena, BaseSeedParsing):
    pass


class TestSeedWithBOM(BaseSimpleSeedWithBOM):
    @pytest.fixture(scope="class", autouse=True)
    def setUp(self, project):
        """The published file lies beside the published test."""
        project.run_sql(_EXPECTED)
        path = project.project_root / Path("seeds") / "seed_bom.csv"
        path.write_text(seeds.seed__actual_csv.lstrip(), encoding="utf-8-sig")


class TestSeedEnabledViaConfig(BaseSimpleSeedEnabledViaConfig):
    pass


class TestSeedSpecificFormats(BaseSeedSpecificFormats):
    pass


class TestEmptySeed(BaseTestEmptySeed):
    pass
