"""Each fault, as a client sees it."""

import time
from collections.abc import Iterator

import pytest
import requests

from wistia_simulator.testing import Event, Fault, Faults, Media, Rule, Simulator, World, running

EVENTS = "/modern/stats/events"


def small_world(events: int = 250) -> World:
    return World.from_records(
        [Media("media00001")],
        [
            Event(
                f"k{number:04d}",
                "media00001",
                f"2026-03-01T10:{number // 60:02d}:{number % 60:02d}Z",
            )
            for number in range(events)
        ],
    )


@pytest.fixture(scope="module")
def broken() -> Iterator[Simulator]:
    with running(small_world()) as simulator:
        yield simulator


def get(simulator: Simulator, path: str = EVENTS, **params: object) -> requests.Response:
    headers = {"Authorization": f"Bearer {simulator.token}"}
    return requests.get(f"{simulator.base_url}{path}", params=params, headers=headers, timeout=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["500", "502", "503", "504"])
def test_a_server_error_hits_the_request_it_is_scheduled_for_and_no_other(broken, status):
    # GIVEN a rule by which the second request for events fails
    broken.faults = Faults(rules=(Rule(Fault(status), path="/*/stats/events", requests=(2,)),))
    # WHEN three are made
    statuses = [get(broken).status_code for _ in range(3)]
    # THEN the second fails
    assert statuses == [200, int(status), 200]


def test_a_storm_of_429_says_when_to_come_back_in_plain_text_and_shows_no_quota(broken):
    broken.faults = Faults(rules=(Rule(Fault.STATUS_429, first=1, last=2, retry_after_seconds=7),))

    answers = [get(broken) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].headers["Content-Type"].startswith("text/plain")
    assert not [name for name in answers[0].headers if "ratelimit" in name.lower()]


def test_a_reset_in_the_middle_of_the_body_breaks_the_read(broken):
    broken.faults = Faults(rules=(Rule(Fault.RESET, requests=(1,)),))

    with pytest.raises(
        (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)
    ):
        get(broken, per_page=100)

    assert len(get(broken, per_page=100).json()) == 100


def test_a_dropped_connection_gives_no_response(broken):
    broken.faults = Faults(rules=(Rule(Fault.DROP, requests=(1,)),))

    with pytest.raises(requests.exceptions.ConnectionError):
        get(broken)

    assert get(broken).status_code == 200


def test_truncated_json_is_a_complete_response_that_cannot_be_parsed(broken):
    broken.faults = Faults(rules=(Rule(Fault.TRUNCATED_JSON, requests=(1,)),))

    answer = get(broken)

    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_html_comes_with_status_200(broken):
    broken.faults = Faults(rules=(Rule(Fault.HTML, requests=(1,)),))

    answer = get(broken)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_an_empty_body_comes_with_status_200(broken):
    broken.faults = Faults(rules=(Rule(Fault.EMPTY_BODY, requests=(1,)),))

    answer = get(broken)

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_timeout_outlasts_a_client_that_waits_less(broken):
    broken.faults = Faults(rules=(Rule(Fault.TIMEOUT, delay_seconds=1.0, requests=(1,)),))

    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(
            f"{broken.base_url}{EVENTS}",
            headers={"Authorization": f"Bearer {broken.token}"},
            timeout=0.2,
        )


def test_a_slow_response_is_the_right_one(broken):
    broken.faults = Faults(rules=(Rule(Fault.SLOW, delay_seconds=0.2, requests=(1,)),))

    started = time.monotonic()
    answer = get(broken)

    assert time.monotonic() - started >= 0.2
    assert len(answer.json()) == 10


def test_a_token_expires_half_way(broken):
    broken.faults = Faults(token_expires_after=2)

    answers = [get(broken) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert answers[-1].json() == {
        "code": "unauthorized_credentials",
        "error": "Invalid credentials.",
    }


def test_a_token_without_the_stats_permission_still_lists_medias(broken):
    broken.faults = Faults(token_without_stats=True)

    assert get(broken, "/modern/medias").status_code == 200
    refused = get(broken)

    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthorized_scope"


def test_a_plan_without_analytics_answers_403(broken):
    broken.faults = Faults(without_analytics=True)

    answer = get(
        broken,
        "/modern/analytics/medias/media00001",
        start_date="2026-02-01",
        end_date="2026-03-01",
    )

    assert answer.status_code == 403
    assert set(answer.json()) == {"error"}


def test_a_server_of_only_medias_and_events_knows_nothing_else(broken):
    broken.faults = Faults(only_medias_and_events=True)

    paths = (
        "/modern/medias",
        EVENTS,
        "/modern/folders",
        "/modern/stats/visitors",
        "/modern/stats/medias/media00001/by_date",
    )

    assert [get(broken, path).status_code for path in paths] == [200, 200, 404, 404, 404]


def test_a_media_that_the_statistics_do_not_know_is_404_without_a_body(broken):
    broken.faults = Faults(missing_media_ids=("media00001",))

    answer = get(broken, "/modern/stats/medias/media00001/by_date")

    assert (answer.status_code, answer.content) == (404, b"")


def test_growth_at_the_head_shifts_rows_between_two_pages(broken):
    # GIVEN ten of the newest rows that appear with each request
    broken.faults = Faults(growth_per_request=10, growth_total=30)

    # WHEN the list is read page by page
    first = get(broken, per_page=100, page=1).json()
    second = get(broken, per_page=100, page=2).json()

    # THEN the last ten rows of the first page are the first ten of the second
    assert [row["event_key"] for row in first[-10:]] == [row["event_key"] for row in second[:10]]
    # AND in the end all rows are there
    get(broken)
    keys = [
        row["event_key"]
        for page in (1, 2, 3)
        for row in get(broken, per_page=100, page=page).json()
    ]
    assert len(set(keys)) == 250


def test_a_repeated_row_stands_on_two_pages_and_none_is_lost(broken):
    broken.faults = Faults(duplicate_every=100)

    pages = [
        [row["event_key"] for row in get(broken, per_page=100, page=page).json()]
        for page in (1, 2, 3)
    ]

    assert pages[0][-1] == pages[1][0]
    assert len({key for page in pages for key in page}) == 250
    assert sum(map(len, pages)) == 252


@pytest.mark.parametrize(
    "faults", [Faults(shuffle_events=True), Faults(shuffle_events=True, duplicate_every=60)]
)
def test_a_shuffled_list_holds_every_row_in_another_order(broken, faults):
    broken.faults = faults

    keys = [
        row["event_key"]
        for page in (1, 2, 3)
        for row in get(broken, per_page=100, page=page).json()
    ]

    assert len(set(keys)) == 250
    assert keys != sorted(keys, reverse=True)


def test_the_first_media_vanishes_between_two_pages():
    world = World.from_records([Media(f"media{number:05d}") for number in range(7)], [])
    with running(world, Faults(medias_vanish_after=1)) as simulator:
        first = get(simulator, "/modern/medias", per_page=3, page=1).json()
        second = get(simulator, "/modern/medias", per_page=3, page=2).json()

        # The row that moved from the second page to the first is on neither.
        assert len({row["id"] for row in first + second}) == 6
        assert len(get(simulator, "/modern/medias").json()) == 6


def test_the_date_filter_can_leave_its_end_out_and_count_days_in_another_zone(broken):
    days = {"start_date": "2026-03-01", "end_date": "2026-03-01", "per_page": 100}

    broken.faults = Faults()
    assert len(get(broken, **days).json()) == 100
    broken.faults = Faults(date_filter_end_exclusive=True)
    assert get(broken, **days).json() == []
    # 10:00 UTC is the day before where it is eleven hours earlier.
    broken.faults = Faults(date_filter_utc_offset_hours=-11)
    assert get(broken, **days).json() == []


def test_faults_by_chance_are_the_same_for_the_same_seed(broken):
    def statuses(seed: int) -> list[int]:
        broken.faults = Faults(rules=(Rule(Fault.STATUS_500, probability=0.5, seed=seed),))
        return [get(broken).status_code for _ in range(12)]

    assert statuses(3) == statuses(3)
    assert 200 in statuses(3)
    assert 500 in statuses(3)


def test_a_rule_is_spent_after_so_many_faults(broken):
    broken.faults = Faults(rules=(Rule(Fault.STATUS_503, times=2),))

    assert [get(broken).status_code for _ in range(4)] == [503, 503, 200, 200]


def test_rows_count_as_served_only_when_their_response_went_out_whole():
    with running(
        small_world(), Faults(rules=(Rule(Fault.TRUNCATED_JSON, requests=(1,)),))
    ) as simulator:
        get(simulator, per_page=20)
        assert simulator.truth().served == {}

        rows = get(simulator, per_page=20).json()

        assert simulator.truth().served == {row["event_key"]: row for row in rows}


@pytest.mark.parametrize("status", ["400", "422"])
def test_a_request_can_be_refused_as_it_stands(broken, status):
    broken.faults = Faults(rules=(Rule(Fault(status), times=1),))

    assert [get(broken).status_code for _ in range(2)] == [int(status), 200]


def test_a_response_can_hold_bytes_that_are_not_utf8(broken):
    broken.faults = Faults(rules=(Rule(Fault.REWRITE, replace="k0007", by="Z\xfcrich"),))

    assert b'"Z\xfcrich"' in get(broken, per_page=100, page=3).content


def test_a_server_may_not_know_the_parameter_for_archived_medias(broken):
    broken.faults = Faults(archived_filter="refused")

    assert get(broken, "/modern/medias").status_code == 200
    assert get(broken, "/modern/medias", archived="true").status_code == 400
