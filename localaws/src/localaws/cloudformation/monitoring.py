"""Resource types that watch: CloudWatch alarms and logs."""

from localaws.cloudformation.api_resource import ApiResource, Properties


class Alarm(ApiResource):
    """``AWS::CloudWatch::Alarm``."""

    TYPE = "AWS::CloudWatch::Alarm"
    NAME_PROPERTY = "AlarmName"
    ATTRIBUTES = ("Arn",)

    def create(self, name: str) -> None:
        """Put the alarm."""
        self.physical_resource_id = name
        self.change(self.properties)
        alarms = self.call("cloudwatch", "describe_alarms", AlarmNames=[name])["MetricAlarms"]
        self.attributes = {"Arn": alarms[0]["AlarmArn"]}

    def change(self, new: Properties) -> bool:
        """Put the alarm again."""
        parameters = {**new, "AlarmName": self.physical_resource_id}
        self.call("cloudwatch", "put_metric_alarm", **parameters)
        return True

    def remove(self) -> None:
        """Delete the alarm."""
        self.call("cloudwatch", "delete_alarms", AlarmNames=[self.physical_resource_id])


class LogGroup(ApiResource):
    """``AWS::Logs::LogGroup``; moto's own cannot be updated."""

    TYPE = "AWS::Logs::LogGroup"
    NAME_PROPERTY = "LogGroupName"
    ATTRIBUTES = ("Arn",)
    CREATE_PARAMETERS = (("KmsKeyId", "kmsKeyId"), ("LogGroupClass", "logGroupClass"))

    def create(self, name: str) -> None:
        """Create the group."""
        optional = {
            parameter: self.properties[key]
            for key, parameter in self.CREATE_PARAMETERS
            if key in self.properties
        }
        if "Tags" in self.properties:
            optional["tags"] = {tag["Key"]: tag["Value"] for tag in self.properties["Tags"]}
        self.call("logs", "create_log_group", logGroupName=name, **optional)
        self.physical_resource_id = name
        groups = self.call("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
        arn = next(group["arn"] for group in groups if group["logGroupName"] == name)
        self.attributes = {"Arn": arn if arn.endswith(":*") else f"{arn}:*"}
        self._retain(self.properties)

    def change(self, new: Properties) -> bool:
        """Change how long the group keeps its events."""
        self._retain(new)
        return True

    def remove(self) -> None:
        """Delete the group."""
        self.call("logs", "delete_log_group", logGroupName=self.physical_resource_id)

    def _retain(self, properties: Properties) -> None:
        name = self.physical_resource_id
        if "RetentionInDays" in properties:
            days = properties["RetentionInDays"]
            self.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)
        else:
            self.call("logs", "delete_retention_policy", logGroupName=name)


class MetricFilter(ApiResource):
    """``AWS::Logs::MetricFilter``."""

    TYPE = "AWS::Logs::MetricFilter"
    NAME_PROPERTY = "FilterName"

    def create(self, name: str) -> None:
        """Put the filter."""
        self.physical_resource_id = name
        self.change(self.properties)

    def change(self, new: Properties) -> bool:
        """Put the filter again on the same log group."""
        if new["LogGroupName"] != self.properties["LogGroupName"]:
            return False
        transformations = [
            {key[0].lower() + key[1:]: value for key, value in transformation.items()}
            for transformation in new["MetricTransformations"]
        ]
        for transformation in transformations:
            if "dimensions" in transformation:
                pairs = transformation["dimensions"]
                transformation["dimensions"] = {pair["Key"]: pair["Value"] for pair in pairs}
        self.call(
            "logs",
            "put_metric_filter",
            logGroupName=new["LogGroupName"],
            filterName=self.physical_resource_id,
            filterPattern=new["FilterPattern"],
            metricTransformations=transformations,
        )
        return True

    def remove(self) -> None:
        """Delete the filter."""
        group, name = self.properties["LogGroupName"], self.physical_resource_id
        self.call("logs", "delete_metric_filter", logGroupName=group, filterName=name)
