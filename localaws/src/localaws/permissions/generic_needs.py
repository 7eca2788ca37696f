"""What an operation needs by the published rule: its own action, on the resources it names."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

from localaws.permissions.arns import is_arn, partition_of
from localaws.permissions.model import ApiRequest
from localaws.permissions.reference import Action, ResourceType

_PLAIN = re.compile(r"[^a-z0-9]")
_OWN_ARN = ("resourcearn", "arn", "resource", "resourcearnlist", "resourceid")
"""Parameters that hold the ARN of whatever the operation is about, as in TagResource."""


def resources_of(request: ApiRequest, action: Action) -> tuple[str, ...]:
    """Return the ARNs that a request concerns, filled from its parameters by their names.

    A required resource that the request does not name, as one that it creates under a name of AWS's
    choice, counts as all of its kind: ``arn:aws:ec2:eu-west-1:123456789012:instance/*``.
    """
    if not action.resource_types:
        return ("*",)
    sent = {_plain(name): value for name, value in request.parameters.items()}
    own = [arn for name in _OWN_ARN for arn in _texts(sent.get(name)) if is_arn(arn)]
    if own:
        shapes = [kind.shape for kind in action.resource_types]
        fitting = [arn for arn in own if any(shape.fullmatch(arn) for shape in shapes)]
        return tuple(fitting or own)
    named: list[str] = []
    unnamed: list[str] = []
    for kind in action.resource_types:
        found = _named(request, action, kind, sent)
        named += found
        if not found and kind.required:
            unnamed.append(_fill(kind, request, ["*"] * len(kind.placeholders)))
    if request.service == "ec2" or not named:
        # EC2 asks for each of the resources that it creates, besides those that are named.
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policy-structure.html
        named += unnamed
    return tuple(dict.fromkeys(named)) or ("*",)


def _named(
    request: ApiRequest, action: Action, kind: ResourceType, sent: Mapping[str, Any]
) -> list[str]:
    """Return the resources of a type that the request names; none if a part of it is missing."""
    choices: list[Sequence[str]] = []
    for placeholder in kind.placeholders:
        values: list[str] = []
        for name in _candidates(action.name, kind.name, placeholder, len(action.resource_types)):
            value = sent.get(name)
            if value is None:
                continue
            arns = _arns_of(kind, value)
            if arns:
                return arns
            values = [text for text in _texts(value) if not is_arn(text)]
            if values:
                break
        if not values:
            # Under any name: the ARN tells what it is.
            return [arn for value in sent.values() for arn in _arns_of(kind, value)]
        choices.append(values)
    return [_fill(kind, request, list(values)) for values in product(*choices)]


def _arns_of(kind: ResourceType, value: Any) -> list[str]:
    return [arn for arn in _texts(value) if is_arn(arn) and kind.shape.fullmatch(arn)]


@lru_cache(maxsize=16384)
def _candidates(action: str, kind: str, placeholder: str, kinds: int) -> tuple[str, ...]:
    """Return under which names a request may give a part of an ARN, the most telling first."""
    part = _plain(placeholder).removesuffix("withpath").removesuffix("withoutleadingslash")
    kind = _plain(kind)
    stem = part.removesuffix("name").removesuffix("id") or kind
    stems = dict.fromkeys([part, stem, kind])
    names = [
        f"{stem}{end}"
        for stem in stems
        for end in ("", "arn", "name", "id", "identifier", "arns", "names", "ids", "s")
    ]
    if kinds == 1 or kind in _plain(action):
        names += ["name", "id", "identifier", "names", "ids"]
    return tuple(dict.fromkeys(names))


def _fill(kind: ResourceType, request: ApiRequest, values: Sequence[str]) -> str:
    arn = kind.arn
    arn = arn.replace("${Partition}", partition_of(request.region))
    arn = arn.replace("${Region}", request.region).replace("${Account}", request.account_id)
    for placeholder, value in zip(kind.placeholders, values, strict=True):
        arn = arn.replace(f"${{{placeholder}}}", value)
    return arn


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item) for item in values if isinstance(item, (str, int)) and str(item)]


@lru_cache(maxsize=16384)
def _plain(name: str) -> str:
    return _PLAIN.sub("", name.lower())
