"""Numbers that depend only on a seed and a name, and keys that can be decoded.

Everything in the world is a pure function of the seed and of what it describes, so a day is the
same however the clock got there.
"""

import struct
from hashlib import blake2b

WORD_RANGE = 1 << 32
_KEY_RANGE = 1 << 64
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


_unpack_words = struct.Struct("<16I").unpack
_pack_numbers = struct.Struct("<QQQ").pack


def words_of(seed: int, first: int, second: int) -> tuple[int, ...]:
    """Return sixteen 32-bit integers from three numbers: a faster `words`, for rows."""
    return _unpack_words(
        blake2b(_pack_numbers(seed % _KEY_RANGE, first, second), digest_size=64).digest()
    )


def words(*parts: object) -> tuple[int, ...]:
    """Return sixteen 32-bit integers drawn from the given parts."""
    text = "|".join(map(str, parts)).encode()
    return _unpack_words(blake2b(text, digest_size=64).digest())


def uniform(*parts: object) -> float:
    """Return one number in [0, 1) drawn from the given parts."""
    return words(*parts)[0] / WORD_RANGE


def whole(expected: float, *parts: object) -> int:
    """Return `expected` rounded up or down at random, so that it is the mean of many draws."""
    return int(expected + uniform(*parts))


def hashed_id(*parts: object) -> str:
    """Return a media's ten-character identifier."""
    return "".join(_ALPHABET[word % len(_ALPHABET)] for word in words(*parts)[:10])


class KeyCodec:
    """Turns an integer into a key that looks random, and back.

    Parameters
    ----------
    seed
        The world's seed: other seeds give other keys.
    kind
        What the keys identify; different kinds have different keys.
    """

    def __init__(self, seed: int, kind: str) -> None:
        drawn = words(seed, "codec", kind)
        # An odd factor has an inverse modulo a power of two, so a key can be decoded.
        self._factor = (drawn[0] << 32 | drawn[1]) | 1
        self._shift = drawn[2] << 32 | drawn[3]
        self._inverse = pow(self._factor, -1, _KEY_RANGE)
        self._prefix = "".join(_ALPHABET[word % len(_ALPHABET)] for word in drawn[4:7])
        self._salt = drawn[8] << 32 | drawn[9]

    def _mix(self, number: int) -> int:
        return (number * self._factor + self._shift) % _KEY_RANGE

    def _unmix(self, mixed: int) -> int | None:
        number = (mixed - self._shift) * self._inverse % _KEY_RANGE
        return number if number < (1 << 63) else None

    def key(self, number: int) -> str:
        """Return a key in Wistia's current form: ``<prefix>_<uuid>``."""
        mixed = self._mix(number)
        high = (mixed * 0x9E3779B97F4A7C15 ^ self._salt) % _KEY_RANGE
        # Formatted by hand: uuid.UUID takes ten times as long, and every row has two keys.
        digits = f"{high:016x}{mixed:016x}"
        uuid = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
        return f"{self._prefix}_{uuid}"

    def old_event_key(self, number: int, epoch: int) -> str:
        """Return a key in the form of old events: ``<epoch>e0.<digits>``."""
        return f"{epoch}e0.{self._mix(number):020d}"

    def old_visitor_key(self, number: int) -> str:
        """Return a key in the form of old visitors: forty hexadecimal digits."""
        mixed = self._mix(number)
        return f"{(mixed ^ self._salt) % WORD_RANGE:024x}{mixed:016x}"

    def number(self, key: str) -> int | None:
        """Return the number in a key of any form; None if it cannot be a key of this world."""
        try:
            if "e0." in key:
                mixed = int(key.partition("e0.")[2])
            else:
                mixed = int(key.replace("-", "")[-16:], 16)
        except ValueError:
            return None
        return self._unmix(mixed)
