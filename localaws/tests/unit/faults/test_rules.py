"""A fault strikes what it names, as often as it says, and is counted."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localaws.aws_protocols.operations import Asked
from localaws.faults.rules import FaultError, Faults


@pytest.fixture
def faults() -> Faults:
    return Faults()


def asked(operation: str, *texts: str) -> Asked:
    api, _, name = operation.partition(":")
    return Asked(api, name, texts)


def struck(faults: Faults, operation: str, *texts: str) -> bool:
    return bool(list(faults.striking(asked(operation, *texts))))


@pytest.mark.parametrize(
    ("given", "operation", "strikes"),
    [
        ("s3:PutObject", "s3:PutObject", True),
        ("s3:putobject", "s3:PutObject", True),
        ("s3:PutObject", "s3:PutObjectAcl", False),
        ("s3:Put*", "s3:PutObjectAcl", True),
        ("glue:*", "glue:GetTable", True),
        ("glue:*", "athena:GetTable", False),
        ("states:StartExecution", "stepfunctions:StartExecution", True),
        ("stepfunctions:StartExecution", "stepfunctions:StartExecution", True),
        ("cloudwatch:PutMetricData", "cloudwatch:PutMetricData", True),
        ("monitoring:PutMetricData", "cloudwatch:PutMetricData", True),
    ],
)
def test_a_service_goes_by_all_its_names_and_an_operation_by_a_pattern(
    faults: Faults, given: str, operation: str, strikes: bool
) -> None:
    faults.add(operation=given, status=500)
    assert struck(faults, operation) is strikes


@pytest.mark.parametrize(
    ("resource", "strikes"),
    [
        ("raw/", True), ("arn:aws:s3:::lake/raw/a.json", True), ("arn:aws:s3:::lake/*", True),
        ("arn:aws:s3:::other/*", False), ("staging", False), ("arn:aws:s3:::lake/?", False),
    ],
)  # fmt: skip
def test_only_requests_that_name_the_resource_are_struck(
    faults: Faults, resource: str, strikes: bool
) -> None:
    faults.add(operation="s3:GetObject", status=500, resource=resource)
    assert struck(faults, "s3:GetObject", "lake", "arn:aws:s3:::lake/raw/a.json") is strikes


def test_after_and_times_count_what_matches_only(faults: Faults) -> None:
    faults.add(
        operation="glue:GetTable", error="ThrottlingException", after=2, times=3, resource="x"
    )
    assert not any(struck(faults, "glue:GetTable", "y") for _ in range(5))
    assert [struck(faults, "glue:GetTable", "x") for _ in range(7)] == [
        False, False, True, True, True, False, False,
    ]  # fmt: skip
    assert faults.listed() == [
        {
            "id": "fault-1", "operation": "glue:GetTable", "error": "ThrottlingException", "after": 2, "times": 3,
            "resource": "x", "hits": 3,
        }
    ]  # fmt: skip


def test_requests_at_once_are_each_counted_once(faults: Faults) -> None:
    faults.add(operation="glue:*", status=500, times=100)
    with ThreadPoolExecutor(8) as pool:
        hits = list(pool.map(lambda _: struck(faults, "glue:GetTable"), range(300)))
    assert sum(hits) == 100
    assert faults.listed()[0]["hits"] == 100


def test_the_first_that_answers_is_the_only_one_after_those_that_wait(faults: Faults) -> None:
    faults.add(operation="glue:*", latency=1)
    faults.add(operation="glue:*", status=500, times=1)
    faults.add(operation="glue:*", deny=True)
    first = [fault.status for fault in faults.striking(asked("glue:GetTable"))]
    second = [fault.deny for fault in faults.striking(asked("glue:GetTable"))]
    assert (first, second) == ([None, 500], [False, True])
    assert [fault["hits"] for fault in faults.listed()] == [2, 1, 1]


def test_a_removed_fault_strikes_no_more_and_ids_are_not_used_again(faults: Faults) -> None:
    one = faults.add(operation="glue:*", status=500)["id"]
    faults.remove(one)
    assert not struck(faults, "glue:GetTable")
    with pytest.raises(FaultError, match="no fault 'fault-1'; faults: none"):
        faults.remove(one)
    assert faults.add(operation="glue:*", status=500)["id"] == "fault-2"
    faults.reset()
    assert faults.is_empty


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no operation": ({"operation": "glue"}, "operation"),
    "unknown service": (
        {"operation": "gleu:GetTable", "status": 500},
        "no service 'gleu'. Near to it: glue",
    ),
    "unknown operation": ({"operation": "ecs:RunTasks", "status": 500}, "Near to it: RunTask"),
    "nothing": ({"operation": "glue:GetTable"}, "say what goes wrong"),
    "two answers": ({"operation": "glue:GetTable", "deny": True, "status": 500}, "choose one"),
    "failures elsewhere": (
        {"operation": "ecs:StopTask", "failures": "RESOURCE:CPU"},
        "ecs:RunTask",
    ),
    "status": ({"operation": "glue:GetTable", "status": 200}, "status"),
    "status of many": ({"operation": "glue:GetTable", "status": 404}, "name one"),
    "times": ({"operation": "glue:GetTable", "status": 500, "times": 0}, "times"),
    "unknown field": ({"operation": "glue:GetTable", "status": 500, "tiems": 1}, "tiems"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_with_the_reason_in_one_line(faults: Faults, case: str) -> None:
    fields, reason = WRONG[case]
    with pytest.raises(FaultError, match=reason) as refused:
        faults.add(**fields)
    assert "\n" not in str(refused.value)
    assert faults.is_empty
