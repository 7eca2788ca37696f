"""Trino, which reads and writes everything, answers only who has the key of the home."""

from pathlib import Path

import pytest
import requests

from localaws.settings import Settings
from localaws.trino.access import USER, engine_headers
from localaws.trino.client import TrinoClient

ENDPOINTS = [
    ("POST", "/v1/statement"), ("GET", "/v1/query"), ("GET", "/v1/node"), ("GET", "/v1/task"),
    ("PUT", "/v1/info/state"), ("GET", "/v1/thread"), ("GET", "/v1/jmx/mbean"),
]  # fmt: skip


@pytest.mark.parametrize(
    "case", ["nothing", "as if over HTTPS", "a token of another home", "a token over HTTP"]
)
def test_a_neighbour_or_a_page_can_send_no_statement(athena, tmp_path: Path, case: str) -> None:
    url = athena.aws.wait_for_trino()
    right = engine_headers(athena.aws.settings)
    headers = {
        "nothing": {},
        "as if over HTTPS": {"X-Forwarded-Proto": "https"},
        "a token of another home": engine_headers(Settings(home=tmp_path)),
        "a token over HTTP": {"Authorization": right["Authorization"]},
    }[case]
    for method, path in ENDPOINTS:
        answer = requests.request(
            method,
            url + path,
            data="select 1",
            headers={"X-Trino-User": USER, **headers},
            timeout=10,
        )
        assert answer.status_code in {401, 403, 404}, (method, path, answer.status_code)


def test_who_has_the_key_is_answered_to_the_last_page(athena) -> None:
    client = TrinoClient(athena.aws.wait_for_trino(), engine_headers(athena.aws.settings))
    query = client.start(
        "select current_user, n from unnest(sequence(1, 10000)) t (n)",
        catalog="awsdatacatalog",
        schema="default",
    )
    rows = [row for page in query.pages() for row in page]
    assert (len(rows), rows[0][0]) == (10_000, USER)
