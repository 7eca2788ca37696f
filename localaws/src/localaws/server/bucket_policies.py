"""moto does not judge requests by bucket policies: the gate of ``authorization/`` has done so.

moto 5.2.5 would evaluate them without principals and conditions.
"""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def install() -> None:
    """Leave the decision to the gate."""
    FakeBucket.get_permission = _get_permission


def _get_permission(_bucket: Any, _action: str, _resource: str) -> PermissionResult:
    return PermissionResult.NEUTRAL
