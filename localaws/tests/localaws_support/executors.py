"""What tests of executors share besides fixtures."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from localaws.testing import LocalAws
from localaws_support.roles import ADMINISTRATOR, create_role


def register_task(localaws: LocalAws, image: str, **container: Any) -> str:
    role_arn = create_role(localaws, ADMINISTRATOR)
    answer = localaws.client("ecs").register_task_definition(
        family=f"executors-{uuid.uuid4().hex[:8]}",
        executionRoleArn=role_arn,
        taskRoleArn=role_arn,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {
                "name": "main",
                "image": image,
                "environment": [{"name": "GREETING", "value": "defined"}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/ecs/executors",
                        "awslogs-region": "us-east-1",
                        "awslogs-stream-prefix": "main",
                    },
                },
                **container,
            }
        ],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def wait_for(
    look: Callable[[], dict[str, Any]],
    good: Callable[[dict[str, Any]], bool],
    timeout_seconds: float = 60,
) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_seconds
    while not good(found := look()):
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {found}"
        time.sleep(0.05)
    return found


def invoke(name: str, payload: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload": payload},
        "ResultSelector": {"payload.$": "$.Payload"},
        **(fields if "Next" in fields else {"End": True, **fields}),
    }
