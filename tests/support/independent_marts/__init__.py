"""A second computation of the marts, in plain Python over staged rows, from the definitions alone.

Two kinds of tests compare the warehouse with this: those of the dbt project, over the staged rows of a
made-up account, and whole nights, over what `raw_world.py` reads out of the raw JSON.
"""

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from tests.support.independent_marts.medias import dim_media, media_versions
from tests.support.independent_marts.sessions import (
    agg_device_engagement,
    agg_geo_engagement,
    agg_traffic_engagement,
    dim_date,
    dim_viewer,
    fact_events,
    fact_media_engagement,
    fact_media_retention,
)
from tests.support.independent_marts.staged import Mart, Row, Staged, days_between

__all__ = ["MARTS", "Row", "Staged", "days_between", "differences"]

MARTS: dict[str, tuple[tuple[str, ...], Callable[[Staged], Mart]]] = {
    "media_versions": (("media_version_id",), media_versions),
    "dim_media": (("media_id",), dim_media),
    "dim_viewer": (("visitor_id",), dim_viewer),
    "dim_date": (("date_day",), dim_date),
    "fact_events": (("event_key",), fact_events),
    "fact_media_engagement": (("media_id", "event_date"), fact_media_engagement),
    "fact_media_retention": (("media_id", "percent_position"), fact_media_retention),
    "agg_geo_engagement": (("event_date", "country_code", "region_name"), agg_geo_engagement),
    "agg_device_engagement": (
        ("event_date", "device_type", "platform", "browser"),
        agg_device_engagement,
    ),
    "agg_traffic_engagement": (
        ("event_date", "embed_host", "utm_source", "utm_medium", "utm_campaign"),
        agg_traffic_engagement,
    ),
}
"""Key columns and computation of every mart."""


NOT_COMPARED = {"attributes_hash"}


def differences(
    mart: str, staged: Staged, columns: list[str], rows: Iterable[Iterable[str | None]]
) -> list[str]:
    """Compare a mart as Athena shows it with the computation, column by column.

    Returns
    -------
    list[str]
        What differs, one line each; empty when every value of every row agrees.
    """
    keys, compute = MARTS[mart]
    expected = compute(staged)
    found: dict[tuple[Any, ...], Row] = {}
    told: list[str] = []
    for cells in rows:
        row = dict(zip(columns, cells, strict=True))
        key = tuple(row[name] for name in keys)
        if key in found:
            told.append(f"{mart} {key}: there twice")
        found[key] = row
    told += [f"{mart} {key}: missing" for key in expected.keys() - found.keys()]
    told += [f"{mart} {key}: too much" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        for name in columns:
            if name not in NOT_COMPARED and not _equal(expected[key][name], found[key][name]):
                told.append(
                    f"{mart} {key} {name}: {found[key][name]!r}, computed {expected[key][name]!r}"
                )
    return sorted(told)


def _equal(expected: Any, text: str | None) -> bool:
    """Return whether a text from Athena means a Python value."""
    if expected is None or text is None:
        return expected is None and text is None
    if isinstance(expected, float):
        # Sums and means: the engine chooses the order of the additions.
        return math.isclose(float(text), expected, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(expected, datetime):
        return datetime.fromisoformat(text) == expected
    if isinstance(expected, bool):
        return text == str(expected).lower()
    if isinstance(expected, list):
        return text == f"[{', '.join(expected)}]"
    return text == str(expected)
