"""
The operators of conditions: how one value of a request is compared with the values of a policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from localaws.iam.patterns import ArnPattern, Lookup, TextPattern

# Whether a value of the request matches at least one of the policy's values.
Test = Callable[[str, Lookup], bool]
# Compiles the values of a policy; the flag says whether variables are replaced in them.
Compile = Callable[[tuple[str, ...], bool], Test]

_YEAR = 4
# W3C's forms of ISO 8601 (https://www.w3.org/TR/NOTE-datetime): a year, a month, a day, or a
# moment.
_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class Operator:
    """
    A condition operator without its prefix and suffix.

    Attributes
    ----------
    compile
        Makes the test for the values of a policy.
    negated
        Whether the condition is true where no value matches.
    """

    compile: Compile
    negated: bool = False


def _text(*, wildcards: bool, ignore_case: bool = False) -> Compile:
    def compile_values(values: tuple[str, ...], variables: bool) -> Test:
        patterns = [
            TextPattern(value, wildcards=wildcards, variables=variables, ignore_case=ignore_case)
            for value in values
        ]
        return lambda value, lookup: any(p.matches(value, lookup) for p in patterns)

    return compile_values


def _arn(values: tuple[str, ...], variables: bool) -> Test:
    patterns = [ArnPattern(value, variables=variables) for value in values]
    return lambda value, lookup: any(p.matches(value, lookup) for p in patterns)


def _boolean(values: tuple[str, ...], variables: bool) -> Test:
    patterns = [
        TextPattern(value, wildcards=False, variables=variables, ignore_case=True)
        for value in values
    ]

    def test(value: str, lookup: Lookup) -> bool:
        return value.lower() in {"true", "false"} and any(
            p.matches(value, lookup) for p in patterns
        )

    return test


def number(text: str) -> Decimal | None:
    """Return the number that a text says, or None."""
    try:
        read = Decimal(text.strip())
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def moment(text: str) -> Decimal | None:
    """Return the seconds since 1970 of a date in one of W3C's forms or in epoch time, or None."""
    text = text.strip()
    if re.fullmatch(r"-?\d+(\.\d+)?", text) and len(text) != _YEAR:
        return Decimal(text)
    if re.fullmatch(r"\d{4}", text):
        text += "-01-01"
    elif _MONTH.fullmatch(text):
        text += "-01"
    try:
        read = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return Decimal(str(read.timestamp()))


def _ordered(
    read: Callable[[str], Decimal | None], compare: Callable[[Decimal, Decimal], bool]
) -> Compile:
    def compile_values(values: tuple[str, ...], _variables: bool) -> Test:
        limits = [limit for limit in map(read, values) if limit is not None]

        def test(value: str, _lookup: Lookup) -> bool:
            found = read(value)
            return found is not None and any(compare(found, limit) for limit in limits)

        return test

    return compile_values


def _binary(values: tuple[str, ...], _variables: bool) -> Test:
    wanted = {_decoded(value) for value in values}
    return lambda value, _lookup: _decoded(value) in wanted


def _decoded(text: str) -> bytes | str:
    """Return the bytes of a text in base 64; another text stands for itself."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text


def _address(values: tuple[str, ...], _variables: bool) -> Test:
    networks = []
    for value in values:
        try:
            networks.append(ipaddress.ip_network(value.strip(), strict=False))
        except ValueError:
            continue

    def test(value: str, _lookup: Lookup) -> bool:
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            return False
        return any(address in network for network in networks)

    return test


_EXACT = _text(wildcards=False)
_ANY_CASE = _text(wildcards=False, ignore_case=True)
_LIKE = _text(wildcards=True)

OPERATORS = {
    "StringEquals": Operator(_EXACT),
    "StringNotEquals": Operator(_EXACT, negated=True),
    "StringEqualsIgnoreCase": Operator(_ANY_CASE),
    "StringNotEqualsIgnoreCase": Operator(_ANY_CASE, negated=True),
    "StringLike": Operator(_LIKE),
    "StringNotLike": Operator(_LIKE, negated=True),
    "NumericEquals": Operator(_ordered(number, operator.eq)),
    "NumericNotEquals": Operator(_ordered(number, operator.eq), negated=True),
    "NumericLessThan": Operator(_ordered(number, operator.lt)),
    "NumericLessThanEquals": Operator(_ordered(number, operator.le)),
    "NumericGreaterThan": Operator(_ordered(number, operator.gt)),
    "NumericGreaterThanEquals": Operator(_ordered(number, operator.ge)),
    "DateEquals": Operator(_ordered(moment, operator.eq)),
    "DateNotEquals": Operator(_ordered(moment, operator.eq), negated=True),
    "DateLessThan": Operator(_ordered(moment, operator.lt)),
    "DateLessThanEquals": Operator(_ordered(moment, operator.le)),
    "DateGreaterThan": Operator(_ordered(moment, operator.gt)),
    "DateGreaterThanEquals": Operator(_ordered(moment, operator.ge)),
    "Bool": Operator(_boolean),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_address),
    "NotIpAddress": Operator(_address, negated=True),
    # ArnEquals and ArnLike behave identically, says the reference.
    "ArnEquals": Operator(_arn),
    "ArnLike": Operator(_arn),
    "ArnNotEquals": Operator(_arn, negated=True),
    "ArnNotLike": Operator(_arn, negated=True),
}
# The reference spells them so; IAM reads any case.
BY_LOWER_NAME = {name.lower(): (name, found) for name, found in OPERATORS.items()}
