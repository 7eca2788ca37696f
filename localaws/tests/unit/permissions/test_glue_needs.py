"""Requests to the Data Catalog need the resource and all that is above it."""

import pytest
from localaws_support.known_facts import KnownFacts
from localaws_support.signed_requests import ACCOUNT_ID, signed

from localaws.permissions.needs import needs_of
from localaws.permissions.requests import read_request

A = f"eu-west-1:{ACCOUNT_ID}"
CATALOG = f"arn:aws:glue:{A}:catalog"
DATABASE = f"arn:aws:glue:{A}:database/marts"
TABLE = f"arn:aws:glue:{A}:table/marts/dim"
FACTS = KnownFacts(databases={"marts": ["dim", "fact"]})
ONE_TABLE = {"DatabaseName": "marts", "TableName": "dim"}

GLUE = [
    ("get_database", {"Name": "marts"}, [CATALOG, DATABASE]),
    ("get_databases", {}, [CATALOG]),
    ("create_database", {"DatabaseInput": {"Name": "marts"}}, [CATALOG, DATABASE]),
    (
        "delete_database",
        {"Name": "marts"},
        [
            CATALOG,
            DATABASE,
            f"arn:aws:glue:{A}:table/marts/*",
            f"arn:aws:glue:{A}:userDefinedFunction/marts/*",
        ],
    ),
    ("get_table", {"DatabaseName": "marts", "Name": "dim"}, [CATALOG, DATABASE, TABLE]),
    (
        "get_tables",
        {"DatabaseName": "marts"},
        [CATALOG, DATABASE, TABLE, f"arn:aws:glue:{A}:table/marts/fact"],
    ),
    ("get_tables", {"DatabaseName": "marts", "Expression": "d.*"}, [CATALOG, DATABASE, TABLE]),
    (
        "create_table",
        {"DatabaseName": "marts", "TableInput": {"Name": "dim"}},
        [CATALOG, DATABASE, TABLE],
    ),
    (
        "update_table",
        {"DatabaseName": "marts", "TableInput": {"Name": "dim"}},
        [CATALOG, DATABASE, TABLE],
    ),
    (
        "batch_delete_table",
        {"DatabaseName": "marts", "TablesToDelete": ["dim", "x"]},
        [CATALOG, DATABASE, TABLE, f"arn:aws:glue:{A}:table/marts/x"],
    ),
    ("get_partitions", ONE_TABLE, [CATALOG, DATABASE, TABLE]),
    (
        "batch_create_partition",
        {**ONE_TABLE, "PartitionInputList": []},
        [CATALOG, DATABASE, TABLE],
    ),
    ("get_table_versions", ONE_TABLE, [CATALOG, DATABASE, TABLE]),
    ("start_crawler", {"Name": "staging"}, [f"arn:aws:glue:{A}:crawler/staging"]),
    ("get_crawler", {"Name": "staging"}, [f"arn:aws:glue:{A}:crawler/staging"]),
    ("start_job_run", {"JobName": "normalize"}, [f"arn:aws:glue:{A}:job/normalize"]),
    (
        "get_job_run",
        {"JobName": "normalize", "RunId": "jr_1"},
        [f"arn:aws:glue:{A}:job/normalize"],
    ),
    (
        "batch_stop_job_run",
        {"JobName": "normalize", "JobRunIds": ["jr_1"]},
        [f"arn:aws:glue:{A}:job/normalize"],
    ),
    ("get_jobs", {}, ["*"]),
]


@pytest.mark.parametrize(("method", "sent", "resources"), GLUE)
def test_a_request_to_glue_needs_its_action_on_its_resources(method, sent, resources):
    environ, body = signed("glue", method, **sent)
    [need] = needs_of(read_request(environ, body, account_id=ACCOUNT_ID), FACTS)
    assert need.action == f"glue:{''.join(word.title() for word in method.split('_'))}"
    assert list(need.resources) == resources


def test_the_catalog_of_another_account_is_in_its_account():
    sent = {"CatalogId": "999999999999", "Name": "marts"}
    environ, body = signed("glue", "get_database", **sent)
    [need] = needs_of(read_request(environ, body, account_id=ACCOUNT_ID), FACTS)
    assert need.resources == (
        "arn:aws:glue:eu-west-1:999999999999:catalog",
        "arn:aws:glue:eu-west-1:999999999999:database/marts",
    )
