"""Resource types that carry messages and fire at times: SNS, SQS, Scheduler."""

import json

from localaws.cloudformation.api_resource import ApiResource, Properties


class Schedule(ApiResource):
    """``AWS::Scheduler::Schedule``."""

    TYPE = "AWS::Scheduler::Schedule"
    NAME_PROPERTY = "Name"
    ATTRIBUTES = ("Arn",)

    def create(self, name: str) -> None:
        """Create the schedule."""
        answer = self.call("scheduler", "create_schedule", **{**self.properties, "Name": name})
        self.physical_resource_id = name
        self.attributes = {"Arn": answer["ScheduleArn"]}

    def change(self, new: Properties) -> bool:
        """Change the schedule; a schedule cannot move to another group."""
        if new.get("GroupName") != self.properties.get("GroupName"):
            return False
        self.call("scheduler", "update_schedule", **{**new, "Name": self.physical_resource_id})
        return True

    def remove(self) -> None:
        """Delete the schedule."""
        group = {key: value for key, value in self.properties.items() if key == "GroupName"}
        self.call("scheduler", "delete_schedule", Name=self.physical_resource_id, **group)


class ScheduleGroup(ApiResource):
    """``AWS::Scheduler::ScheduleGroup``."""

    TYPE = "AWS::Scheduler::ScheduleGroup"
    NAME_PROPERTY = "Name"
    ATTRIBUTES = ("Arn",)

    def create(self, name: str) -> None:
        """Create the group."""
        parameters = {**self.properties, "Name": name}
        answer = self.call("scheduler", "create_schedule_group", **parameters)
        self.physical_resource_id = name
        self.attributes = {"Arn": answer["ScheduleGroupArn"]}

    def remove(self) -> None:
        """Delete the group and its schedules."""
        self.call("scheduler", "delete_schedule_group", Name=self.physical_resource_id)


class Subscription(ApiResource):
    """``AWS::SNS::Subscription``."""

    TYPE = "AWS::SNS::Subscription"
    ATTRIBUTES = ("Arn",)
    JSON_ATTRIBUTES = ("DeliveryPolicy", "FilterPolicy", "RedrivePolicy", "ReplayPolicy")
    PLAIN_ATTRIBUTES = ("FilterPolicyScope", "RawMessageDelivery", "SubscriptionRoleArn")

    def create(self, name: str) -> None:
        """Subscribe."""
        del name
        attributes = {
            key: json.dumps(value) if key in self.JSON_ATTRIBUTES else value
            for key, value in self.properties.items()
            if key in (*self.JSON_ATTRIBUTES, *self.PLAIN_ATTRIBUTES)
        }
        answer = self.call(
            "sns",
            "subscribe",
            TopicArn=self.properties["TopicArn"],
            Protocol=self.properties["Protocol"],
            Endpoint=self.properties.get("Endpoint", ""),
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        self.physical_resource_id = answer["SubscriptionArn"]
        self.attributes = {"Arn": answer["SubscriptionArn"]}

    def remove(self) -> None:
        """Unsubscribe."""
        self.call("sns", "unsubscribe", SubscriptionArn=self.physical_resource_id)


class TopicPolicy(ApiResource):
    """``AWS::SNS::TopicPolicy``."""

    TYPE = "AWS::SNS::TopicPolicy"

    def create(self, name: str) -> None:
        """Put the policy on its topics."""
        self._put(self.properties)
        self.physical_resource_id = name

    def change(self, new: Properties) -> bool:
        """Put the new policy on the same topics."""
        if new["Topics"] != self.properties["Topics"]:
            return False
        self._put(new)
        return True

    def remove(self) -> None:
        """Leave the topics as they are: a topic cannot be without a policy."""

    def _put(self, properties: Properties) -> None:
        policy = json.dumps(properties["PolicyDocument"])
        for topic in properties["Topics"]:
            parameters = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy}
            self.call("sns", "set_topic_attributes", **parameters)


class QueuePolicy(ApiResource):
    """``AWS::SQS::QueuePolicy``."""

    TYPE = "AWS::SQS::QueuePolicy"

    def create(self, name: str) -> None:
        """Put the policy on its queues."""
        self._put(self.properties["Queues"], json.dumps(self.properties["PolicyDocument"]))
        self.physical_resource_id = name

    def change(self, new: Properties) -> bool:
        """Put the new policy on the same queues."""
        if new["Queues"] != self.properties["Queues"]:
            return False
        self._put(new["Queues"], json.dumps(new["PolicyDocument"]))
        return True

    def remove(self) -> None:
        """Take the policy off its queues."""
        self._put(self.properties["Queues"], "")

    def _put(self, queues: list[str], policy: str) -> None:
        for queue in queues:
            attributes = {"Policy": policy}
            self.call("sqs", "set_queue_attributes", QueueUrl=queue, Attributes=attributes)
