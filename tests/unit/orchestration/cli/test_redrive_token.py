"""A night that failed because of its token resumes with a new one."""

import os
import subprocess
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from orchestration.settings import REPOSITORY_ROOT, SIMULATOR_TOKEN
from tests.support.account import Account

ARN = "arn:aws:states:us-east-1:123456789012:execution:wistia-analytics-nightly:n1"
NEW = "a-token-with-every-scope"


class _Secret:
    """The secret of the stack's token."""

    def __init__(self, account: Account, value: str | None) -> None:
        self._client = account.cloud.client("secretsmanager")
        self._name = account.cloud.settings.token_secret_id
        with suppress(ClientError):  # an earlier test has made it
            self._client.create_secret(Name=self._name)
        if value is not None:
            self._client.put_secret_value(SecretId=self._name, SecretString=value)

    def value(self) -> str:
        return str(self._client.get_secret_value(SecretId=self._name)["SecretString"])


@pytest.fixture
def redriven(account: Account, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secret's value at each redrive."""
    seen: list[str] = []

    def redrive(*_: object) -> int:
        seen.append(_Secret(account, None).value())
        raise RuntimeError("the rest of the night is not this test's")

    monkeypatch.setattr("orchestration.cli.night.redrive", redrive)
    monkeypatch.setattr("orchestration.cli.night.last_execution", lambda _: {"executionArn": ARN})
    return seen


def test_redrive_puts_a_given_token_into_the_secret_before_it_redrives(
    account: Account, redriven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _Secret(account, "a-token-without-the-scope")
    monkeypatch.setenv("WISTIA_API_TOKEN", NEW)
    ran = account.run("redrive", ARN)
    assert redriven == [NEW]
    assert "Putting the token into its secret" in ran.output
    assert NEW not in ran.output


def test_redrive_without_a_token_leaves_the_secret_alone(
    account: Account, redriven: list[str]
) -> None:
    _Secret(account, "the-token-of-the-night")
    ran = account.run("redrive", ARN)
    assert redriven == ["the-token-of-the-night"]
    assert "token" not in ran.output


def test_a_simulated_night_keeps_its_token_when_the_shell_exports_a_real_one(
    account: Account, redriven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _Secret(account, SIMULATOR_TOKEN)
    monkeypatch.setenv("WISTIA_API_TOKEN", NEW)
    account.run("redrive", ARN)
    assert redriven == [SIMULATOR_TOKEN]


def test_a_typed_token_always_replaces_the_stored_one(
    account: Account, redriven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _Secret(account, SIMULATOR_TOKEN)
    monkeypatch.setenv("WISTIA_API_TOKEN", NEW)
    account.run("redrive", "--put-token", ARN)
    assert redriven == [NEW]


@pytest.mark.parametrize(
    ("typed", "exported", "says_so"), [(True, False, True), (False, True, False)]
)
def test_make_tells_a_typed_token_from_an_exported_one(
    typed: bool, exported: bool, says_so: bool
) -> None:
    environment = {key: value for key, value in os.environ.items() if "WISTIA" not in key}
    shown = subprocess.run(
        ["make", "--dry-run", "redrive", *(["WISTIA_API_TOKEN=secret"] if typed else [])],
        cwd=REPOSITORY_ROOT,
        env=environment | ({"WISTIA_API_TOKEN": "secret"} if exported else {}),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert ("--put-token" in shown) == says_so
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("typed", "named"),
    [("0123…cdef", "U+2026"), ("0123\ncdef", "U+000A"), ("\ufeffcdef", "U+FEFF")],
)
def test_a_text_that_cannot_be_a_token_is_not_stored(
    typed: str,
    named: str,
    account: Account,
    redriven: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _Secret(account, "the-token-of-the-night")
    monkeypatch.setenv("WISTIA_API_TOKEN", typed)
    ran = account.run("redrive", ARN)
    assert ran.exit_code == 1
    assert redriven == []
    assert _Secret(account, None).value() == "the-token-of-the-night"
    assert "WISTIA_API_TOKEN is not a Wistia token: it has the character" in ran.output
    assert named in ran.output
    assert "cdef" not in ran.output


def test_a_text_that_cannot_be_a_token_is_refused_before_anything_is_deployed(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object, **__: object) -> None:
        raise AssertionError("a package was built")

    monkeypatch.setattr("orchestration.infrastructure.packaging.build", build)
    monkeypatch.setenv("WISTIA_API_TOKEN", "0123 cdef")
    ran = account.run("deploy")
    assert ran.exit_code == 1
    assert "WISTIA_API_TOKEN is not a Wistia token" in ran.output


def test_blanks_around_a_token_are_not_stored(
    account: Account, redriven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _Secret(account, "the-token-of-the-night")
    monkeypatch.setenv("WISTIA_API_TOKEN", f" {NEW}\n")
    account.run("redrive", ARN)
    assert redriven == [NEW]
