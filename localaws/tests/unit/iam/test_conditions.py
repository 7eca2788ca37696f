"""
Condition operators, one rule at a time.

Each docstring names a page of https://docs.aws.amazon.com/IAM/latest/UserGuide/.
"""

from typing import Any

import pytest
from localaws_support.policies import USER, allow, decide

TOPIC = "arn:aws:sns:us-east-2:111122223333:alerts"


def holds(operator: str, values: Any, *found: str, **more: Any) -> bool:
    """Whether a condition on the key k holds for a request with these values of it."""
    context: dict[str, str | list[str]] = {"aws:PrincipalTag/team": "red"}
    if found:
        context["k"] = found[0] if len(found) == 1 else list(found)
    statement = allow(Condition={operator: {"K": values}})
    return decide(statement, context=context, principal=USER, **more).allowed


@pytest.mark.parametrize(
    ("operator", "values", "found", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("stringequals", "a", "a", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "AbC", "aBc", True),
        ("StringNotEqualsIgnoreCase", "AbC", "aBc", False),
        ("StringLike", "home/*", "home/", True),
        ("StringLike", "home/?", "home/ab", False),
        ("StringLike", "HOME/*", "home/a", False),
        ("StringLike", "", "", True),
        ("StringNotLike", ["a*", "b*"], "bx", False),
        ("StringNotLike", ["a*", "b*"], "cx", True),
    ],
)
def test_text_operators(operator: str, values: Any, found: str, expected: bool) -> None:
    """reference_policies_elements_condition_operators.html#Conditions_String."""
    assert holds(operator, values, found) is expected


@pytest.mark.parametrize(
    ("operator", "value", "found", "expected"),
    [
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", 10, "10", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "9", "10", True),
        ("NumericGreaterThanEquals", "10", "9", False),
        ("NumericEquals", "10", "ten", False),
    ],
)
def test_numbers(operator: str, value: Any, found: str, expected: bool) -> None:
    """reference_policies_elements_condition_operators.html#Conditions_Numeric."""
    assert holds(operator, value, found) is expected


@pytest.mark.parametrize(
    ("operator", "value", "found", "expected"),
    [
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "1767225600", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026", "2026-01", True),
        ("DateNotEquals", "2026-01-01", "2026-01-01T00:00:01Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999Z", True),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "1767225600", True),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", False),
        ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", True),
        ("DateGreaterThan", "2020-01-01", "soon", False),
    ],
)
def test_dates(operator: str, value: str, found: str, expected: bool) -> None:
    """reference_policies_elements_condition_operators.html#Conditions_Date: W3C's forms or epoch time."""
    assert holds(operator, value, found) is expected


@pytest.mark.parametrize(
    ("operator", "values", "found", "expected"),
    [
        ("Bool", "true", "true", True),
        ("Bool", True, "TRUE", True),
        ("Bool", False, "true", False),
        ("Bool", "true", "yes", False),
        ("Bool", "yes", "yes", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ6", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.9", False),
        ("IpAddress", "203.0.113.9", "203.0.113.9", True),
        ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
        ("NotIpAddress", ["192.0.2.0/24", "203.0.113.0/24"], "203.0.113.9", False),
        ("NotIpAddress", ["192.0.2.0/24", "203.0.113.0/24"], "198.51.100.1", True),
    ],
)
def test_booleans_bytes_and_addresses(
    operator: str, values: Any, found: str, expected: bool
) -> None:
    """reference_policies_elements_condition_operators.html#Conditions_Boolean, _BinaryEquals, _IPAddress."""
    assert holds(operator, values, found) is expected


@pytest.mark.parametrize("like", ["ArnEquals", "ArnLike"])
@pytest.mark.parametrize(
    ("pattern", "found", "matches"),
    [
        (TOPIC, TOPIC, True),
        ("arn:aws:sns:*:111122223333:al?rts", TOPIC, True),
        ("arn:aws:sns:us-east-2:111122223333:ALERTS", TOPIC, False),
        # The reference's own example: each part between colons is checked separately.
        (
            "arn:aws:someservice:*:111122223333:finance/*",
            "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
            False,
        ),
        ("arn:aws:sns:us-east-2:111122223333:${aws:PrincipalTag/team}", TOPIC[:-6] + "red", True),
        ("arn:aws:sns:us-east-2:111122223333:*", "no ARN", False),
    ],
)
def test_arns_are_compared_part_by_part(like: str, pattern: str, found: str, matches: bool) -> None:
    """reference_policies_elements_condition_operators.html#Conditions_ARN."""
    assert holds(like, pattern, found) is matches
    assert holds(like.replace("Arn", "ArnNot"), pattern, found) is not matches


@pytest.mark.parametrize(
    ("operator", "value", "holds_without_key"),
    [
        ("StringEquals", "a", False),
        ("NumericLessThan", "10", False),
        ("DateGreaterThan", "2020-01-01", False),
        ("Bool", "false", False),
        ("IpAddress", "203.0.113.0/24", False),
        ("ArnLike", TOPIC, False),
        ("StringNotEquals", "a", True),
        ("StringNotLike", "a*", True),
        ("NumericNotEquals", "1", True),
        ("DateNotEquals", "2020-01-01", True),
        ("NotIpAddress", "203.0.113.0/24", True),
        ("ArnNotLike", TOPIC, True),
        ("StringEqualsIfExists", "a", True),
        ("BoolIfExists", "true", True),
        ("StringNotEqualsIfExists", "a", True),
        ("Null", "true", True),
        ("Null", "false", False),
        ("ForAllValues:StringEquals", ["a"], True),
        ("ForAnyValue:StringEquals", ["a"], False),
        ("ForAnyValue:StringNotEquals", ["a"], False),
    ],
)
def test_a_key_that_the_request_lacks(operator: str, value: Any, holds_without_key: bool) -> None:
    """reference_policies_elements_condition_operators.html, its "Important", and #Conditions_IfExists, #Conditions_Null."""
    assert holds(operator, value) is holds_without_key


def test_if_exists_and_null_with_the_key_present() -> None:
    """reference_policies_elements_condition_operators.html#Conditions_IfExists and #Conditions_Null."""
    assert holds("StringEqualsIfExists", "a", "a")
    assert not holds("StringEqualsIfExists", "a", "b")
    assert holds("Null", "false", "anything")
    assert not holds("Null", "true", "anything")


@pytest.mark.parametrize(
    ("operator", "found", "expected"),
    [
        ("ForAllValues:StringEquals", ("ID", "Tags"), True),
        ("ForAllValues:StringEquals", ("ID", "UserName"), False),
        ("ForAllValues:StringEquals", ("",), True),
        ("ForAnyValue:StringEquals", ("UserName", "Tags"), True),
        ("ForAnyValue:StringEquals", ("UserName",), False),
        ("ForAnyValue:StringEquals", ("",), False),
        ("ForAllValues:StringNotEquals", ("UserName", "x"), True),
        ("ForAllValues:StringNotEquals", ("UserName", "ID"), False),
        ("ForAnyValue:StringNotEquals", ("UserName", "ID"), True),
        ("ForAnyValue:StringNotEquals", ("Tags", "ID"), False),
        ("ForAnyValue:StringLike", ("Tagging",), False),
    ],
)
def test_set_operators(operator: str, found: tuple[str, ...], expected: bool) -> None:
    """reference_policies_multi-value-conditions.html."""
    assert holds(operator, ["ID", "Message", "Tags"], *found) is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals"])
def test_several_values_need_a_set_operator(operator: str) -> None:
    """reference_policies_condition-single-vs-multi-valued-context-keys.html."""
    assert not holds(operator, ["a"], "a", "b")


def test_all_operators_and_keys_must_hold() -> None:
    """reference_policies_multi-value-conditions.html#reference_policies_multiple-conditions-eval."""
    condition = {
        "StringEqualsIgnoreCase": {
            "aws:PrincipalTag/department": ["finance", "hr"],
            "aws:PrincipalTag/role": "audit",
        },
        "StringEquals": {"aws:PrincipalAccount": "111122223333"},
    }
    fitting = {"aws:principaltag/department": "HR", "aws:PrincipalTag/Role": "Audit"}
    assert decide(allow(Condition=condition), context=fitting).allowed
    assert not decide(
        allow(Condition=condition), context=fitting | {"aws:PrincipalTag/Role": "x"}
    ).allowed
    assert not decide(
        allow(Condition=condition), context={"aws:PrincipalTag/role": "audit"}
    ).allowed


def test_a_variable_without_value_in_a_condition() -> None:
    """reference_policies_variables.html#policy-vars-no-value: nothing equals it, so a negated operator holds."""
    assert not holds("StringEquals", "${aws:PrincipalTag/none}", "x")
    assert holds("StringNotEquals", "${aws:PrincipalTag/none}", "x")
    assert holds("StringEquals", "${aws:PrincipalTag/none, 'x'}", "x")
    assert holds("StringLike", "${aws:PrincipalTag/team}/*", "red/a")


def test_a_value_of_a_variable_is_no_wildcard() -> None:
    """reference_policies_variables.html#policy-vars-specialchars."""
    context = {"k": "red", "aws:PrincipalTag/team": "r*"}
    statement = allow(Condition={"StringLike": {"k": "${aws:PrincipalTag/team}"}})
    assert not decide(statement, context=context).allowed
    assert decide(statement, context=context | {"k": "r*"}).allowed


def test_other_operators_take_no_variables() -> None:
    """reference_policies_variables.html#policy-vars-conditionelement."""
    context = {"n": "5", "limit": "5"}
    assert not decide(
        allow(Condition={"NumericEquals": {"n": "${limit}"}}), context=context
    ).allowed
