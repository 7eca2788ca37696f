"""Bucket policies are kept and given back, and decide only what they say without a condition.

moto 5.2.5 evaluates a bucket policy without its conditions: the usual "deny what is not TLS" would
deny everything. Who asks is not checked here at all (see the README), so a statement that depends
on circumstances or on the caller decides nothing.
"""

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def install() -> None:
    """Leave conditional statements of bucket policies out of the decision."""
    FakeBucket.get_permission = _get_permission


def _get_permission(bucket: Any, action: str, resource: str) -> PermissionResult:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    policy["Statement"] = [item for item in listed if "Condition" not in item]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)
