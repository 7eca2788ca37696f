"""CloudFormation: the types that moto lacks or has in part, real updates, failures with reasons."""

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

from localaws.cloudformation import (
    change_sets,
    compute,
    data,
    identity,
    messaging,
    monitoring,
    no_values,
    platform,
    stacks,
    storage,
    task_definitions,
)
from localaws.cloudformation.api_resource import ApiResource
from localaws.context import ServerContext

RESOURCE_TYPES: tuple[type[ApiResource], ...] = (
    data.AthenaWorkGroup,
    data.AthenaNamedQuery,
    data.GlueCrawler,
    data.GlueDatabase,
    data.GlueJob,
    data.GlueTable,
    messaging.QueuePolicy,
    messaging.Schedule,
    messaging.ScheduleGroup,
    messaging.Subscription,
    messaging.TopicPolicy,
    monitoring.Alarm,
    monitoring.LogGroup,
    monitoring.MetricFilter,
    platform.BuildProject,
    platform.EventInvokeConfig,
    platform.Secret,
    compute.LambdaFunction,
    compute.StateMachine,
    identity.Role,
    storage.Bucket,
    storage.BucketPolicy,
)


def install(context: ServerContext) -> None:
    """Teach moto's CloudFormation these types, and to update and fail like AWS."""
    del context  # resources are made through the AWS API of this server, which boto3 finds itself
    ours = {resource.TYPE for resource in RESOURCE_TYPES}

    def model_list() -> list[type[CloudFormationModel]]:
        moto_models = [
            model
            for model in CloudFormationModel.__subclasses__()
            if model is not ApiResource and model.cloudformation_type() not in ours
        ]
        return [*moto_models, *RESOURCE_TYPES]

    parsing.get_model_map.cache_clear()
    parsing.get_name_type_map.cache_clear()
    parsing.get_model_list = model_list
    no_values.install()
    task_definitions.install()
    stacks.install()
    change_sets.install(RESOURCE_TYPES)
