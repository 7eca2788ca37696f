"""Who asks: the keys that open this account, and whose each is.

``key_ring`` knows the keys, ``signatures`` checks what was signed with one, ``authentication`` does
both for each request, and ``sts`` lets moto's STS issue keys that the ring knows.
"""

from localaws.credentials.identity import Identity, Kind, current_identity
from localaws.credentials.key_ring import KeyRing, Refusal

__all__ = ["Identity", "KeyRing", "Kind", "Refusal", "current_identity"]
