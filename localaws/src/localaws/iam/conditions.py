"""Conditions of statements: set prefixes, ``IfExists``, and keys that a request lacks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localaws.iam.operators import BY_LOWER_NAME, Operator, Test
from localaws.iam.patterns import Lookup

# The values of a context key, or None where the request has no such key. The key is in lower case.
Values = Callable[[str], tuple[str, ...] | None]
Holds = Callable[[tuple[str, ...] | None, Lookup], bool]

_FOR_ALL = "forallvalues:"
_FOR_ANY = "foranyvalue:"
_IF_EXISTS = "ifexists"


class UnknownOperatorError(ValueError):
    """A condition names an operator that IAM does not know."""


@dataclass(frozen=True)
class Condition:
    """
    One operator with one context key and its values.

    Attributes
    ----------
    operator
        As the policy spells it, such as ``ForAnyValue:StringLike``.
    key
        The context key, as the policy spells it.
    values
        The values of the policy.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    _holds: Holds
    _key: str

    def holds(self, values: Values, lookup: Lookup) -> bool:
        """Return whether the condition is true for a request."""
        return self._holds(values(self._key), lookup)


def compile_conditions(element: Mapping[str, Any], *, variables: bool) -> tuple[Condition, ...]:
    """
    Return the conditions of a statement's ``Condition`` element; all must hold.

    Raises
    ------
    UnknownOperatorError
        If IAM knows no such operator.
    """
    return tuple(
        _condition(name, key, _texts(values), variables)
        for name, keys in element.items()
        for key, values in keys.items()
    )


def _texts(values: Any) -> tuple[str, ...]:
    listed = values if isinstance(values, list) else [values]
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in listed)


def _condition(name: str, key: str, values: tuple[str, ...], variables: bool) -> Condition:
    lowered = name.lower()
    if lowered == "null":
        return Condition(name, key, values, _null(values), key.lower())
    prefix = next((p for p in (_FOR_ALL, _FOR_ANY) if lowered.startswith(p)), "")
    base = lowered.removeprefix(prefix)
    if_exists = base.endswith(_IF_EXISTS)
    base = base.removesuffix(_IF_EXISTS)
    if base not in BY_LOWER_NAME:
        raise UnknownOperatorError(name)
    found = BY_LOWER_NAME[base][1]
    test = found.compile(values, variables)
    make = {"": _single, _FOR_ALL: _for_all, _FOR_ANY: _for_any}[prefix]
    holds = make(found, test, if_exists)
    return Condition(name, key, values, holds, key.lower())


def _null(values: tuple[str, ...]) -> Holds:
    """Return whether the key is absent (``true``) or present (``false``)."""
    wanted = {value.lower() for value in values}
    return lambda found, _lookup: ("false" if found else "true") in wanted


def _single(found: Operator, test: Test, if_exists: bool) -> Holds:
    """
    Return the rule for a key with one value.

    A missing key is false, and true for a negated operator or with ``IfExists``. A request with
    several values needs a set operator: without one, nothing matches
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
    """
    negated = found.negated

    def holds(values: tuple[str, ...] | None, lookup: Lookup) -> bool:
        if not values:
            return negated or if_exists
        if len(values) > 1:
            return False
        return test(values[0], lookup) is not negated

    return holds


def _for_all(found: Operator, test: Test, _if_exists: bool) -> Holds:
    """Return the rule: every value fits; true where there is none, or only an empty text."""
    negated = found.negated

    def holds(values: tuple[str, ...] | None, lookup: Lookup) -> bool:
        present = _present(values)
        return all(test(value, lookup) is not negated for value in present)

    return holds


def _for_any(found: Operator, test: Test, if_exists: bool) -> Holds:
    """Return the rule: one value fits; false where there is none, or only an empty text."""
    negated = found.negated

    def holds(values: tuple[str, ...] | None, lookup: Lookup) -> bool:
        present = _present(values)
        if not present:
            return if_exists and not values
        return any(test(value, lookup) is not negated for value in present)

    return holds


def _present(values: tuple[str, ...] | None) -> tuple[str, ...]:
    # "If the key values resolve to a null data set, such as an empty string", says the reference.
    return () if not values or values == ("",) else values
