"""Any night, again, in any order: the marts always say what was served when.

Ingestion, the normalize job, the crawler and dbt run for real; only the state machine between them is
this test's, so that several nights fit into minutes. Run by `make test-nights`; `make test` draws
such sequences for normalize (`test_normalize_snapshots.py`) and for dbt (`test_dbt_nights.py`).
"""

import pytest

from tests.support.account_nights import AccountNights
from tests.support.independent_marts import MARTS
from tests.support.sequences import SEED, STEPS, draw

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

NAMES = (*MARTS, "int_media_activity")


def test_the_marts_equal_what_was_served_after_every_night_of_a_random_sequence(
    account: AccountNights,
) -> None:
    """GIVEN repeated, skipped and failed nights and backfills THEN every value is the computed one."""
    steps = draw(SEED, STEPS)
    for number, step in enumerate(steps):
        if not account.run(step):
            continue
        told = account.differences()
        story = "\n".join(f"  {done}" for done in steps[: number + 1])
        assert not told, f"seed {SEED}, after\n{story}\n" + "\n".join(told)


def test_after_all_of_them_a_full_refresh_changes_nothing(account: AccountNights) -> None:
    """GIVEN the same sequence WHEN everything is rebuilt THEN not one value changes."""
    before = {name: account.mart(name) for name in NAMES}
    account.rebuild()
    for name in NAMES:
        assert account.mart(name) == before[name], name
