"""Stacks of one account have databases of their own, and an existing stack keeps its own."""

import itertools
from typing import Any

from orchestration.infrastructure.database_names import of_new_stack
from orchestration.settings import Settings

DEFAULT = Settings.model_fields["stack_name"].default
NAMES = [DEFAULT, "wistia", "a-b", "a-b-c", "analytics", "anna", "wistia-analytics-2"]


def test_no_two_stacks_share_a_database(template: dict[str, Any]) -> None:
    declared = template["Parameters"]
    databases = []
    for name in NAMES:
        chosen = of_new_stack(name, declared)
        databases += [
            chosen.get(parameter, declared[parameter]["Default"])
            for parameter in ("StagingDatabase", "AnalyticsDatabase")
        ]
    assert len(set(databases)) == 2 * len(NAMES)
    assert all(database.replace("_", "").isalnum() for database in databases)


def test_the_stack_of_the_default_name_has_the_template_s_databases(
    template: dict[str, Any],
) -> None:
    assert of_new_stack(DEFAULT, template["Parameters"]) == {}


def test_no_role_reaches_the_databases_of_another_stack(resources: dict[str, Any]) -> None:
    """GIVEN names that begin with each other WHEN roles are read THEN no pattern covers both."""
    for name, role in resources.items():
        if role["Type"] != "AWS::IAM::Role":
            continue
        statements = itertools.chain.from_iterable(
            policy["PolicyDocument"]["Statement"] for policy in role["Properties"]["Policies"]
        )
        for statement in statements:
            given = statement["Resource"]
            for target in given if isinstance(given, list) else [given]:
                text = target.get("Fn::Sub", "") if isinstance(target, dict) else target
                assert "Database}*" not in text, (name, text)
