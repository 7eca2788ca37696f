"""What happens to each field of the API, and the keyed hash that replaces a person.

`privacy.csv` is the declaration: the transforms read the set of known fields from it, so a field
that is not declared there is unknown, goes to `_extra` (masked) and is reported as drift.
"""

import csv
import hashlib
import hmac
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

Treatment = Literal["keep", "hash", "coarsen", "derive", "drop"]

_SHA256_BLOCK_BYTES = 64


@dataclass(frozen=True)
class FieldRule:
    """One line of `privacy.csv`: what happens to one field, where it goes, and why."""

    stream: str
    field: str
    treatment: Treatment
    columns: tuple[str, ...]
    why: str


@cache
def field_rules() -> tuple[FieldRule, ...]:
    """Return the declaration, one rule per field.

    Raises
    ------
    ValueError
        A line names a treatment that does not exist.
    """
    text = resources.files(__package__).joinpath("privacy.csv").read_text(encoding="utf-8")
    rules = []
    for row in csv.DictReader(io.StringIO(text)):
        if row["treatment"] not in get_args(Treatment):
            msg = (
                f"privacy.csv: {row['stream']}.{row['field']} has the treatment "
                f"{row['treatment']!r}; use one of {', '.join(get_args(Treatment))}"
            )
            raise ValueError(msg)
        rules.append(
            FieldRule(
                stream=row["stream"],
                field=row["field"],
                treatment=cast("Treatment", row["treatment"]),
                columns=tuple(row["columns"].split()),
                why=row["why"],
            )
        )
    return tuple(rules)


def known_fields(stream: str) -> tuple[str, ...]:
    """Return the top-level fields of a stream's records that `privacy.csv` declares."""
    return tuple(
        sorted({rule.field.split(".")[0] for rule in field_rules() if rule.stream == stream})
    )


def hashed_columns(stream: str) -> tuple[str, ...]:
    """Return the columns of a stream that contain a keyed hash instead of a field."""
    return tuple(
        column
        for rule in field_rules()
        if rule.stream == stream and rule.treatment == "hash"
        for column in rule.columns
    )


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and outer pad of HMAC-SHA256 (RFC 2104) for a key.

    With them HMAC is two plain SHA-256 calls, which Spark evaluates without leaving the JVM:
    ``sha256(outer + sha256(inner + message))``.

    Raises
    ------
    ValueError
        The key is empty: the hashes could then be computed by anyone.
    """
    if not key:
        msg = "The pseudonym key is empty: put a random value into the secret and run again"
        raise ValueError(msg)
    if len(key) > _SHA256_BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    block = key.ljust(_SHA256_BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def visitor_id(visitor_key: str, key: bytes) -> str:
    """Return the keyed hash of one visitor key, as in staging.

    Examples
    --------
    >>> visitor_id("v_1", b"secret")[:8]
    '73195093'
    """
    return hmac.new(key, visitor_key.encode(), hashlib.sha256).hexdigest()
