"""A request is judged by the account's policies, is written down, and can be judged again."""

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto.core.base_backend import BackendDict
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from localaws.authorization.judge import Judge
from localaws.authorization.report import report, what_each_grant_carries
from localaws.authorization.roles import ServiceRoles
from localaws.connections.home_key import random_key
from localaws.context.access import RoleNotAssumableError
from localaws.credentials import Identity, KeyRing
from localaws.errors import LocalAwsError
from localaws.permissions.model import Need
from localaws.settings import IamMode

ACCOUNT, REGION = "123456789012", "us-east-1"
MINE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:mine"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnLike": {"aws:SourceArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:m*"},
            },
        }
    ],
}
READ = Need("s3:GetObject", ("arn:aws:s3:::lake/one",), {})
WRITE = Need("s3:PutObject", ("arn:aws:s3:::lake/one",), {})


@pytest.fixture(autouse=True)
def _account() -> Iterator[None]:
    yield
    BackendDict.reset()


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, sid: str = "Some") -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::*"}


def role(*statements: dict[str, Any], name: str = "reader") -> str:
    backend = iam_backends[ACCOUNT]["aws"]
    made = backend.create_role(name, json.dumps(TRUST), "/", None, "", [], 3600)
    if statements:
        backend.put_role_policy(name, "own", policy(*statements))
    return str(made.arn)


def judge(mode: IamMode = "enforce", **options: Any) -> Judge:
    return Judge(ACCOUNT, REGION, mode, **options)


def ring() -> KeyRing:
    return KeyRing(random_key(), ACCOUNT)


def session(role_arn: str) -> Identity:
    return ring().role_session(role_arn, "run")


def test_every_need_must_be_granted() -> None:
    reader = session(role(allow("s3:GetObject")))
    found = judge()
    assert found.refusal(reader, [READ]) is None
    refused = found.refusal(reader, [READ, WRITE])
    assert refused is not None
    assert refused.need is WRITE
    assert "because no identity-based policy allows the s3:PutObject action" in refused.reason


def test_all_needs_are_written_down_though_the_first_is_refused() -> None:
    reader, found = session(role()), judge()
    found.refusal(reader, [READ, WRITE])
    assert [denial.action for denial, _ in found.ledger.denials()] == [
        "s3:GetObject",
        "s3:PutObject",
    ]


@pytest.mark.parametrize(("mode", "denials"), [("audit", 1), ("off", 0)])
def test_audit_and_off_refuse_nothing(mode: IamMode, denials: int) -> None:
    found = judge(mode)
    assert found.refusal(session(role()), [READ]) is None
    assert len(found.ledger.denials()) == denials


def test_only_a_resources_own_policy_refuses_the_operator() -> None:
    bucket = s3_backends[ACCOUNT]["aws"].create_bucket("lake", REGION)
    found, operator = judge(), ring().operator
    assert found.refusal(operator, [READ, WRITE]) is None
    deny = {**allow("s3:GetObject"), "Effect": "Deny", "Principal": "*"}
    bucket.policy = policy(deny).encode()
    refused = found.refusal(operator, [READ])
    assert refused is not None
    assert refused.reason.endswith("with an explicit deny in a resource-based policy")
    assert found.refusal(operator, [WRITE]) is None


def test_a_role_that_is_gone_may_nothing() -> None:
    assert judge().refusal(session(f"arn:aws:iam::{ACCOUNT}:role/gone"), [READ]) is not None


# ── service roles ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("service", "source", "is_trusted"),
    [
        ("lambda.amazonaws.com", MINE, True),
        ("lambda.amazonaws.com", MINE.replace(":mine", ":yours"), False),
        ("lambda.amazonaws.com", None, False),
        ("glue.amazonaws.com", MINE, False),
    ],
)
def test_a_service_assumes_a_role_that_trusts_it_for_its_resource(
    service: str, source: str | None, is_trusted: bool
) -> None:
    arn = role()
    roles = ServiceRoles(judge(), ring(), ACCOUNT)
    if is_trusted:
        assert roles.session(arn, service, "run", source).role_arn == arn
    else:
        with pytest.raises(RoleNotAssumableError, match="its trust policy does not allow it"):
            roles.session(arn, service, "run", source)


def test_a_session_is_handed_out_again() -> None:
    arn, roles = role(), ServiceRoles(judge(), ring(), ACCOUNT)
    first = roles.session(arn, "lambda.amazonaws.com", "run", MINE)
    assert roles.session(arn, "lambda.amazonaws.com", "run", MINE) is first
    assert roles.session(arn, "lambda.amazonaws.com", "other", MINE) is not first
    roles.forget()
    assert roles.session(arn, "lambda.amazonaws.com", "run", MINE) is not first


def test_a_role_that_does_not_exist_is_not_assumed() -> None:
    roles = ServiceRoles(judge(), ring(), ACCOUNT)
    with pytest.raises(RoleNotAssumableError, match="there is no such role"):
        roles.session(f"arn:aws:iam::{ACCOUNT}:role/none", "lambda.amazonaws.com", "run")


# ── the report ────────────────────────────────────────────────────────────────────────────────────


def test_the_report_has_what_is_granted_and_was_not_used() -> None:
    reader, found = session(role(allow("s3:GetObject", "s3:PutObject", sid="Both"))), judge()
    found.refusal(reader, [READ])
    (unused,) = report(found)["unused"]
    assert (unused["statement"], unused["action"]) == ("Both", "s3:PutObject")


def test_a_grant_carries_what_no_other_grant_allows() -> None:
    # GIVEN two statements that allow to read, and one to write
    arn = role(allow("s3:GetObject"), allow("s3:Get*", "s3:PutObject", sid="More"))
    found = judge(traces=True)
    # WHEN the role has read and written
    found.refusal(session(arn), [READ, WRITE])
    # THEN only the right to write carries a request
    carried = {
        (it["statement"], it["action"]): it["denied"]
        for it in what_each_grant_carries(found)["grants"]
    }
    assert carried[("Some", "s3:GetObject")] is None
    assert carried[("More", "s3:Get*")] is None
    assert "is not authorized to perform: s3:PutObject on" in str(carried[("More", "s3:PutObject")])


def test_without_a_trace_nobody_can_say_what_a_grant_carries() -> None:
    with pytest.raises(LocalAwsError, match="LOCALAWS_IAM_TRACE"):
        what_each_grant_carries(judge())


def test_judging_a_request_takes_less_than_a_millisecond() -> None:
    """GIVEN a role with thirty statements and a bucket with a policy THEN the median is below 1 ms."""
    bucket = s3_backends[ACCOUNT]["aws"].create_bucket("lake", REGION)
    deny = {**allow("s3:GetObjectVersion"), "Effect": "Deny", "Principal": "*"}
    bucket.policy = policy(*[{**deny, "Sid": f"D{n}"} for n in range(3)]).encode()
    reader = session(role(*[allow(f"s3:Get{n}", "s3:Get*", sid=f"S{n}") for n in range(30)]))
    found = judge()
    found.refusal(reader, [READ])
    seconds = []
    for _ in range(300):
        started = time.perf_counter()
        assert found.refusal(reader, [READ]) is None
        seconds.append(time.perf_counter() - started)
    print(f"median {statistics.median(seconds) * 1e6:.0f} µs")
    assert statistics.median(seconds) < 0.001
