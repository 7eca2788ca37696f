"""The template and the parts that it deploys agree."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from ingestion.normalize.schemas import TABLES
from localaws.glue_crawlers.agreement import changed_parameters
from localaws.glue_crawlers.files import FileFormat
from orchestration.infrastructure import content, image, packaging

ROOT = Path(__file__).resolve().parents[4]


def test_staging_tables_are_those_of_the_glue_job(resources: dict[str, Any]) -> None:
    declared = {}
    for resource in resources.values():
        if resource["Type"] == "AWS::Glue::Table":
            table = resource["Properties"]["TableInput"]
            columns = table["StorageDescriptor"]["Columns"]
            declared[table["Name"]] = (
                [(column["Name"], column["Type"]) for column in columns],
                [(key["Name"], key["Type"]) for key in table["PartitionKeys"]],
            )
    expected = {
        table.name: (
            list(table.glue_columns),
            [(table.partition_column, "date")],
        )
        for table in TABLES.values()
    }
    assert declared == expected


def test_the_crawler_looks_at_every_staging_table(resources: dict[str, Any]) -> None:
    target = resources["StagingCrawler"]["Properties"]["Targets"]["CatalogTargets"][0]
    named = {item["Ref"] for item in target["Tables"]}
    tables = {name for name, item in resources.items() if item["Type"] == "AWS::Glue::Table"}
    assert named == tables


def test_no_staging_table_differs_from_what_a_crawler_finds_in_its_files(
    resources: dict[str, Any],
) -> None:
    """A crawler deprecates a table whose parameters differ from its files', absent ones included."""
    tables = [
        item["Properties"]["TableInput"]
        for item in resources.values()
        if item["Type"] == "AWS::Glue::Table"
    ]
    assert len(tables) == len(TABLES)
    for table in tables:
        assert changed_parameters(table, FileFormat("parquet")) == [], table["Name"]
        assert table["Parameters"]["typeOfData"] == "file"


def test_the_crawler_adds_partitions_and_leaves_the_tables_alone(resources: dict[str, Any]) -> None:
    crawler = resources["StagingCrawler"]["Properties"]
    assert crawler["SchemaChangePolicy"] == {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    assert json.loads(crawler["Configuration"]) == {
        "Version": 1.0,
        "CreatePartitionIndex": False,
        "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
    }


def test_substitutions_are_those_that_the_state_machines_use(resources: dict[str, Any]) -> None:
    for resource, file in (
        ("NightlyStateMachine", "state_machine.asl.yml"),
        ("UpkeepStateMachine", "upkeep.asl.yml"),
    ):
        lines = (ROOT / "orchestration/infrastructure" / file).read_text().splitlines()
        code = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
        used = set(re.findall(r"\$\{(\w+)\}", code))
        assert used == set(resources[resource]["Properties"]["DefinitionSubstitutions"])


def test_every_parameter_is_described_and_used(template: dict[str, Any]) -> None:
    text = json.dumps([template["Resources"], template["Conditions"], template["Outputs"]])
    for name, parameter in template["Parameters"].items():
        assert parameter.get("Description"), name
        assert f'"Ref": "{name}"' in text or f"${{{name}}}" in text, f"{name} is used nowhere"


def test_only_artifacts_lack_a_default(template: dict[str, Any]) -> None:
    required = {name for name, item in template["Parameters"].items() if "Default" not in item}
    assert required == {
        "ArtifactsBucket",
        "LambdaCodeKey",
        "ReportCodeKey",
        "NormalizeScriptKey",
        "NormalizeLibraryKey",
        "StateMachineKey",
        "UpkeepStateMachineKey",
    }


def test_the_image_holds_what_localaws_stages() -> None:
    dockerfile = (ROOT / "orchestration/dbt_task/Dockerfile").read_text()
    copied = re.findall(r"^COPY (\S+) ", dockerfile, flags=re.MULTILINE)
    assert sorted(copied) == sorted(packaging.IMAGE_PATHS)


def test_the_source_of_the_image_has_what_its_build_reads(resources: dict[str, Any]) -> None:
    """GIVEN the zip of the image WHEN CodeBuild follows its buildspec THEN every file is in it."""
    files = content.files_below(ROOT, *packaging.IMAGE_PATHS)
    assert resources["ImageBuild"]["Properties"]["Source"]["BuildSpec"] == image.BUILDSPEC
    steps = yaml.safe_load(files[image.BUILDSPEC].read_text())["phases"]["build"]["commands"]
    dockerfile = re.search(r"--file (\S+)", " ".join(steps))
    assert dockerfile
    assert dockerfile[1] in files
    assert "ARG BASE_IMAGE=" in files[dockerfile[1]].read_text()


def test_the_packages_of_the_image_are_installed_by_their_hashes_alone() -> None:
    text = (ROOT / "orchestration/dbt_task/Dockerfile").read_text()
    assert "--require-hashes --no-deps" in text


def test_every_alarm_has_an_entry_in_the_runbook(resources: dict[str, Any]) -> None:
    runbook = (ROOT / "docs/runbook.md").read_text()
    for name, resource in resources.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            entry = re.search(r"runbook '([^']+)'", resource["Properties"]["AlarmDescription"])
            assert entry, f"{name} names no runbook entry"
            assert f"## {entry[1]}" in runbook, f"{name}: no entry {entry[1]!r}"


def test_every_failure_in_the_runbook_says_what_it_means_and_how_to_fix_it() -> None:
    """GIVEN the entries before the procedures WHEN read THEN each has the form Means, Look, Fix."""
    runbook = (ROOT / "docs/runbook.md").read_text()
    entries = runbook.partition("# Procedures")[0].split("\n## ")[1:]
    assert len(entries) > 10
    for entry in entries:
        parts = re.findall(r"^\*\*(\w+)\*\*", entry, re.MULTILINE)
        assert parts in (["Means", "Look", "Fix"], ["Means", "Fix"]), entry.partition("\n")[0]


def test_no_module_of_the_commands_names_a_database() -> None:
    """GIVEN parameters for both databases WHEN the commands are read THEN they take them from there."""
    named = [
        path.name
        for path in (ROOT / "orchestration").rglob("*.py")
        if re.search(r"wistia_(analytics|staging)", path.read_text(encoding="utf-8"))
    ]
    assert named == []


def test_the_local_target_takes_the_databases_of_the_stack() -> None:
    local = (
        (ROOT / "profiles.yml.example").read_text().partition("local:\n")[2].partition("dev:\n")[0]
    )
    assert "env_var('ANALYTICS_DATABASE'" in local
    assert "env_var('ATHENA_WORKGROUP'" in local
