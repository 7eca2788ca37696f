"""The two spellings of a field's name: Wistia's documents of different months differ in them.

The Lambda functions and the normalize job read fields by the same rule. Standard library only.
"""

import re


def camel(name: str) -> str:
    """Return a name in ``camelCase``.

    Examples
    --------
    >>> camel("hashed_id")
    'hashedId'
    """
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def snake(name: str) -> str:
    """Return a name in ``snake_case``.

    Examples
    --------
    >>> snake("hashedId")
    'hashed_id'
    """
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[0].lower()}", name)
