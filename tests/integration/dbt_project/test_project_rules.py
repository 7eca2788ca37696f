"""The rules of dbt-project-evaluator that matter here, checked on the parsed manifest."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECT = "wistia_analytics"
KEY_TESTS = {"key_is_complete_and_unique"}
# The design gives these names; the evaluator's dim_/fct_ are not this project's.
NAMES = {
    "staging": re.compile(r"^stg_wistia__[a-z_]+$"),
    "intermediate": re.compile(r"^(int_[a-z_]+|media_versions)$"),
    "marts": re.compile(r"^(dim|fact|agg)_[a-z_]+$"),
}

Manifest = dict[str, Any]


def models(manifest: Manifest) -> list[dict[str, Any]]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]


def layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def data_tests(manifest: Manifest) -> list[dict[str, Any]]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "test"]


def test_every_model_is_named_for_its_layer(manifest: Manifest) -> None:
    """GIVEN the models WHEN named THEN the prefix tells the folder."""
    assert [n["name"] for n in models(manifest) if not NAMES[layer(n)].match(n["name"])] == []


def test_every_model_and_every_column_has_words(manifest: Manifest) -> None:
    """GIVEN models and sources WHEN documented THEN no description is empty."""
    empty = [
        f"{n['name']}.{column['name']}"
        for n in models(manifest)
        for column in n["columns"].values()
        if len(column["description"].strip()) < 8
    ]
    assert empty == []
    assert [n["name"] for n in models(manifest) if len(n["description"]) < 40] == []
    assert [s["name"] for s in manifest["sources"].values() if not s["description"]] == []


def test_every_model_says_its_grain(manifest: Manifest) -> None:
    """GIVEN a model's words WHEN they end THEN with what one row is."""
    silent = [n["name"] for n in models(manifest) if "One row per" not in n["description"]]
    assert silent == []


def test_every_model_has_a_test_of_its_key(manifest: Manifest) -> None:
    """GIVEN the models WHEN tested THEN each has its key tested for holes and repetitions."""
    tested = {
        test["attached_node"]
        for test in data_tests(manifest)
        if test.get("test_metadata", {}).get("name") in KEY_TESTS
    }
    assert [n["name"] for n in models(manifest) if n["unique_id"] not in tested] == []


def test_every_mart_has_an_enforced_contract_an_owner_and_is_public(manifest: Manifest) -> None:
    """GIVEN the marts WHEN others rely on them THEN types are enforced and somebody owns them."""
    marts = [n for n in models(manifest) if layer(n) == "marts"]
    assert marts
    for node in marts:
        assert node["config"]["contract"]["enforced"], node["name"]
        assert node["access"] == "public", node["name"]
        assert node["group"] == "video_analytics", node["name"]
        assert all(c["data_type"] for c in node["columns"].values()), node["name"]


def test_every_table_is_iceberg_with_timestamps_of_microseconds(manifest: Manifest) -> None:
    """GIVEN models that are stored WHEN declared THEN Athena can write them, and an erasure rewrite them."""
    for node in models(manifest):
        if node["config"]["materialized"] == "view":
            continue
        assert node["config"].get("table_type") == "iceberg", node["name"]
        types = {str(column["data_type"]) for column in node["columns"].values()}
        assert {kind for kind in types if kind.startswith("timestamp")} <= {"timestamp(6)"}, node[
            "name"
        ]


def test_every_mart_declares_its_key_as_a_constraint(manifest: Manifest) -> None:
    """GIVEN the marts WHEN a tool reads their constraints THEN it finds the primary key."""
    missing = [
        n["name"]
        for n in models(manifest)
        if layer(n) == "marts" and "primary_key" not in {c["type"] for c in n["constraints"]}
    ]
    assert missing == []


def test_only_staging_reads_sources_and_marts_never_feed_staging(manifest: Manifest) -> None:
    """GIVEN the graph WHEN followed THEN sources → staging → intermediate → marts, nothing back."""
    wrong = []
    for node in models(manifest):
        parents = manifest["parent_map"][node["unique_id"]]
        reads_source = any(p.startswith("source.") for p in parents)
        if layer(node) != "staging" and reads_source:
            wrong.append(node["name"])
        if layer(node) == "staging" and any(p.startswith("model.") for p in parents):
            wrong.append(node["name"])
    assert wrong == []


def test_every_source_and_staging_model_is_used(manifest: Manifest) -> None:
    """GIVEN the graph WHEN followed THEN nothing is loaded for nobody."""
    unused = [
        unique_id
        for unique_id, children in manifest["child_map"].items()
        if unique_id.startswith(("source.", f"model.{PROJECT}.stg_"))
        and not any(child.startswith("model.") for child in children)
    ]
    assert unused == []


def test_a_column_of_several_models_has_one_documentation_block(manifest: Manifest) -> None:
    """GIVEN a column in several models WHEN described THEN with the same words everywhere."""
    words: dict[str, set[str]] = {}
    for node in models(manifest):
        for column in node["columns"].values():
            words.setdefault(column["name"], set()).add(column["description"])
    assert {name for name, variants in words.items() if len(variants) > 1} == set()


def test_every_iceberg_model_merges_on_a_key_and_bounds_its_versions(manifest: Manifest) -> None:
    """GIVEN an Iceberg model WHEN it runs beside another run THEN no temporary table is shared."""
    iceberg = [n for n in models(manifest) if n["config"].get("table_type") == "iceberg"]
    assert iceberg
    for node in iceberg:
        config = node["config"]
        assert config["versions_to_keep"] == 1, node["name"]
        if config["materialized"] == "table":
            continue  # built whole, and exchanged
        assert config["incremental_strategy"] == "merge", node["name"]
        assert config["unique_key"], node["name"]
        assert config["unique_tmp_table_suffix"] is True, node["name"]


@pytest.mark.parametrize(
    "name", ["quicksight_video_performance", "tableau_audience", "power_bi_marketing"]
)
def test_the_dashboards_are_exposures_with_an_owner(manifest: Manifest, name: str) -> None:
    """GIVEN a dashboard WHEN somebody changes a mart THEN the lineage shows whom to ask."""
    exposure = manifest["exposures"][f"exposure.{PROJECT}.{name}"]
    assert exposure["owner"]["email"]
    assert exposure["depends_on"]["nodes"]


def test_every_metric_is_described_by_its_block(manifest: Manifest) -> None:
    """GIVEN a metric WHEN read THEN formula, source and caveat stand there."""
    metrics = manifest["metrics"].values()
    assert metrics
    for metric in metrics:
        for word in ("**Formula**", "**Source**", "**Caveat**"):
            assert word in metric["description"], metric["name"]


def test_the_nightly_tests_read_only_the_window(manifest: Manifest) -> None:
    """GIVEN a nightly test of a fact WHEN it runs THEN its bytes do not grow with the history."""
    unbounded = [
        test["name"]
        for test in data_tests(manifest)
        if "nightly" in test["tags"]
        and "in_window" not in test["raw_code"] + str(test["config"].get("where"))
        # Small tables: one row per media, or per version of a media.
        and not test["name"].startswith(("dim_media", "media_versions", "assert_media_snapshot"))
    ]
    assert unbounded == []


def test_what_is_parsed_does_not_depend_on_the_vars_of_a_run(
    manifest: Manifest, parse: Callable[..., Manifest]
) -> None:
    """GIVEN the vars of some night WHEN parsed with them THEN every resource is as without them.

    The nightly task parses without vars, so that one parse serves all nights.
    """
    of_a_night = parse(
        as_of="2027-05-04T02:00:00Z", start_date="2027-04-01", end_date="2027-04-30", run_id="r"
    )
    resources = ("nodes", "sources", "macros", "docs", "exposures", "metrics", "unit_tests")
    differing = [
        unique_id
        for kind in (*resources, "semantic_models", "groups", "selectors")
        for unique_id in manifest[kind].keys() | of_a_night[kind].keys()
        if without_time(manifest[kind].get(unique_id))
        != without_time(of_a_night[kind].get(unique_id))
    ]
    assert differing == []


def without_time(resource: Any) -> Any:
    """Leave out when a resource was parsed."""
    if isinstance(resource, dict):
        return {name: value for name, value in resource.items() if name != "created_at"}
    return resource


def test_the_example_profile_has_the_four_targets_and_starts_local() -> None:
    """GIVEN the example WHEN copied THEN local is the default and cannot reach a real account."""
    text = (Path(__file__).resolve().parents[3] / "profiles.yml.example").read_text()
    assert "target: local" in text
    assert "endpoint_url: \"{{ env_var('AWS_ENDPOINT_URL') }}\"" in text
    for target in ("local:", "dev:", "ci:", "prod:"):
        assert f"\n    {target}" in text
