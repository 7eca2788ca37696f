"""The ring knows each key of the account, and for how long."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localaws.connections.home_key import random_key
from localaws.credentials import Identity, KeyRing, Kind, Refusal

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/path/job"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(clock: Clock) -> Iterator[KeyRing]:
    with mock_aws():
        yield KeyRing(random_key(), ACCOUNT, clock)


@pytest.fixture
def iam(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    return boto3.client(
        "iam", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def known(found: Identity | Refusal) -> Identity:
    assert isinstance(found, Identity), found
    return found


def test_the_lasting_keys_are_known_without_a_token_only(ring: KeyRing) -> None:
    for identity, kind in ((ring.operator, Kind.OPERATOR), (ring.engine, Kind.ENGINE)):
        assert known(ring.identify(identity.access_key_id)).kind is kind
        assert ring.identify(identity.access_key_id, "token") is Refusal.WRONG_TOKEN
    assert ring.operator.secret != ring.engine.secret


def test_a_session_is_the_role_until_it_ends(ring: KeyRing, clock: Clock) -> None:
    session = ring.role_session(ROLE, "night-1", timedelta(minutes=20))
    found = known(ring.identify(session.access_key_id, session.session_token))
    assert found == session
    assert (found.kind, found.role_arn, found.session_name) == (Kind.ROLE_SESSION, ROLE, "night-1")
    assert found.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/job/night-1"
    assert session.access_key_id.startswith("ASIA")
    clock.now += timedelta(minutes=20)
    assert ring.identify(session.access_key_id, session.session_token) is Refusal.EXPIRED_TOKEN


def test_a_session_key_without_its_own_token_opens_nothing(ring: KeyRing) -> None:
    one, two = ring.role_session(ROLE, "one"), ring.role_session(ROLE, "two")
    assert ring.identify(one.access_key_id) is Refusal.UNKNOWN_KEY
    assert ring.identify(one.access_key_id, two.session_token) is Refusal.WRONG_TOKEN


def test_ended_sessions_do_not_pile_up(ring: KeyRing, clock: Clock) -> None:
    for number in range(200):
        ring.role_session(ROLE, f"session-{number}", timedelta(minutes=1))
        clock.now += timedelta(minutes=1)
    assert len(ring._sessions) < 70


def test_a_reset_ends_all_sessions(ring: KeyRing) -> None:
    session = ring.role_session(ROLE, "one")
    ring.forget_sessions()
    assert ring.identify(session.access_key_id, session.session_token) is Refusal.UNKNOWN_KEY


def test_a_users_key_is_known_while_it_is_active_and_exists(ring: KeyRing, iam: Any) -> None:
    iam.create_user(UserName="anna")
    key = iam.create_access_key(UserName="anna")["AccessKey"]
    found = known(ring.identify(key["AccessKeyId"]))
    assert (found.kind, found.secret) == (Kind.USER, key["SecretAccessKey"])
    assert found.arn == f"arn:aws:iam::{ACCOUNT}:user/anna"

    status = {"UserName": "anna", "AccessKeyId": key["AccessKeyId"]}
    iam.update_access_key(**status, Status="Inactive")
    assert ring.identify(key["AccessKeyId"]) is Refusal.UNKNOWN_KEY
    iam.update_access_key(**status, Status="Active")
    assert known(ring.identify(key["AccessKeyId"])) == found
    iam.delete_access_key(**status)
    assert ring.identify(key["AccessKeyId"]) is Refusal.UNKNOWN_KEY


def test_no_secret_is_shown_when_an_identity_is_printed(ring: KeyRing) -> None:
    session = ring.role_session(ROLE, "one")
    for identity in (ring.operator, ring.engine, session):
        assert identity.secret not in repr(identity)
    assert str(session.session_token) not in repr(session)
