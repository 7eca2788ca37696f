"""The exceptions of all services, by the prefix of their actions."""

from localaws.permissions.rules import (
    athena,
    cloudformation,
    computing,
    ecs,
    glue,
    identity,
    kms,
    lambda_functions,
    logs,
    messaging,
    s3,
    scheduling,
    secretsmanager,
    states,
    stores,
    web,
)
from localaws.permissions.rules.rule import ServiceRules

NO_RULES = ServiceRules()

S3_CONTROL = web.S3_CONTROL
"""Access points and batch jobs: an API of its own with the same prefix."""

SERVICE_RULES: dict[str, ServiceRules] = {
    "apigateway": web.APIGATEWAY,
    "athena": athena.RULES,
    "cloudformation": cloudformation.RULES,
    "codebuild": computing.CODEBUILD,
    "dynamodb": stores.DYNAMODB,
    "ec2": computing.EC2,
    "ecs": ecs.RULES,
    "events": scheduling.EVENTS,
    "glue": glue.RULES,
    "iam": identity.IAM,
    "kms": kms.RULES,
    "lambda": lambda_functions.RULES,
    "logs": logs.RULES,
    "s3": s3.RULES,
    "scheduler": scheduling.SCHEDULER,
    "secretsmanager": secretsmanager.RULES,
    "sns": messaging.SNS,
    "sqs": messaging.SQS,
    "ssm": stores.SSM,
    "states": states.RULES,
    "sts": identity.STS,
}
