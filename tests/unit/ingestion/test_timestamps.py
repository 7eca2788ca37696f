"""Timestamps as Wistia writes them, and invalid ones."""

import pytest

from ingestion.timestamps import parse_timestamp


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+01:00"])
def test_a_time_that_no_calendar_has_in_utc_is_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError, match="no UTC time"):
        parse_timestamp(text)
