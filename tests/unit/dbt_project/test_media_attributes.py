"""The attributes of a media: one list for the staging view, the versions and their hash."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.rendered_macros import RenderedMacros

MODELS = Path(__file__).resolve().parents[3] / "models"

# Columns of the staged snapshots that say nothing about the media itself.
NOT_ATTRIBUTES = {
    "media_id": "the key",
    "snapshot_date": "the night, another one in every snapshot",
    "ingested_at": "the fetch, another one in every snapshot",
    "run_id": "the run, another one in every snapshot",
    "extra_fields": "fields without a column: a new one at Wistia would open a version of every media",
    "nulled_columns": "describes how the row was read",
    "is_partial_list": "describes the list of the night",
}
# Columns of media_versions that describe the version.
OF_THE_VERSION = {
    "media_version_id",
    "media_id",
    "version_number",
    "valid_from_at",
    "valid_to_at",
    "is_current",
    "is_deleted",
    "first_snapshot_date",
    "previous_snapshot_date",
    "attributes_hash",
}


@pytest.fixture
def macros() -> RenderedMacros:
    return RenderedMacros("media_attributes.sql")


@pytest.fixture
def attributes(macros: RenderedMacros) -> list[str]:
    return list(macros("_media_attribute_types"))


def columns(path: str) -> list[str]:
    model: dict[str, Any] = yaml.safe_load((MODELS / path).read_text())["models"][0]
    return [column["name"] for column in model["columns"]]


def hashed(macros: RenderedMacros) -> list[str]:
    """Return the columns in the array of which the hash is made."""
    array = re.search(r"array\[(.*)] as json", macros("media_attributes_hash"))
    assert array
    items = re.split(r",(?![^(]*\))", array[1])
    # Casts and functions end in a bracket; what they take is the first name within.
    return [re.sub(r"\b(?:cast|json_format)\(", "", item).split()[0] for item in items]


def test_the_hash_covers_every_attribute_that_is_not_excluded(
    macros: RenderedMacros, attributes: list[str]
) -> None:
    """GIVEN the list of attributes WHEN hashed THEN a change of each opens a version, or is excluded by name."""
    excluded = macros("_media_attributes_without_versions")
    assert all(len(reason) > 10 for reason in excluded.values())
    assert hashed(macros) == [name for name in attributes if name not in excluded]
    assert set(excluded) <= set(attributes)


def test_an_excluded_attribute_opens_no_version(attributes: list[str]) -> None:
    """GIVEN excluded attributes, the last one too WHEN hashed THEN only the others are in the hash."""
    excluded = {"progress": "moves during processing", "updated_at": "moves with every change"}
    macros = RenderedMacros(
        "media_attributes.sql", _media_attributes_without_versions=lambda: excluded
    )
    assert hashed(macros) == [name for name in attributes if name not in excluded]


def test_every_staged_column_of_a_media_is_an_attribute_or_named_as_none(
    attributes: list[str],
) -> None:
    """GIVEN a new column in staging WHEN the attributes are listed THEN nobody forgot it."""
    staged = columns("staging/wistia/stg_wistia__media.yml")
    assert set(staged) - NOT_ATTRIBUTES.keys() == set(attributes)
    assert NOT_ATTRIBUTES.keys() <= set(staged)


def test_the_contract_of_the_versions_has_every_attribute_in_the_order_of_the_list(
    attributes: list[str],
) -> None:
    """GIVEN the contract of media_versions WHEN read THEN its attributes are those of the list."""
    versions = columns("intermediate/media_versions.yml")
    assert [name for name in versions if name not in OF_THE_VERSION] == attributes
