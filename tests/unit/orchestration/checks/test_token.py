"""A token is tried with Wistia before a deploy, if it is given."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from orchestration.checks.check import Finding, Site, Verdict
from orchestration.checks.wistia_token import token
from orchestration.cloud import Cloud
from orchestration.settings import Settings
from tests.support.account import own_account
from wistia_simulator.testing import Faults, Simulator, World, running


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(World(events=50, medias=2, history_days=7)) as simulator:
        yield simulator


def _findings(simulator: Simulator, given: str, monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    with own_account(monkeypatch):
        settings = Settings(
            target="aws",
            wistia_api_token=SecretStr(given),
            wistia_api_base_url=simulator.base_url,
        )
        return list(token(Site(Cloud(settings), lambda _: [])))


def test_a_token_that_wistia_accepts_is_good(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _findings(simulator, simulator.token, monkeypatch)
    assert [(item.about, item.verdict) for item in found] == [
        ("media", Verdict.GOOD),
        ("events", Verdict.GOOD),
    ]


def test_a_token_that_wistia_refuses_is_bad_and_not_shown(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _findings(simulator, "w1stia-t0ken-that-expired", monkeypatch)
    assert {item.verdict for item in found} == {Verdict.BAD}
    assert all("Wistia refused the token" in item.seen for item in found)
    assert not any("w1stia" in item.seen + item.advice for item in found)


def test_a_token_without_a_permission_is_told_apart(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.faults = Faults(token_without_stats=True)
    try:
        media, events = _findings(simulator, simulator.token, monkeypatch)
    finally:
        simulator.faults = Faults()
    assert media.verdict is Verdict.GOOD
    assert events.verdict is Verdict.BAD
    assert "Read detailed stats" in events.seen


def test_a_text_that_is_no_token_is_not_sent(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = _findings(simulator, "two words", monkeypatch)
    assert found.verdict is Verdict.BAD
    assert "two words" not in found.seen
