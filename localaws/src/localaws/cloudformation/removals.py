"""How to delete what moto can create only (networks, ECS), and repositories with images."""

from collections.abc import Callable
from typing import Any

import boto3

Removal = Callable[[Any, Any, dict[str, Any]], None]
"""Called with the region's client, the resource and its resolved properties."""


def _detach_gateway(client: Any, _resource: Any, properties: dict[str, Any]) -> None:
    if "InternetGatewayId" in properties:
        gateway, vpc = properties["InternetGatewayId"], properties["VpcId"]
        client.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


def _delete_route(client: Any, _resource: Any, properties: dict[str, Any]) -> None:
    kinds = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    destination = {kind: properties[kind] for kind in kinds if kind in properties}
    client.delete_route(RouteTableId=properties["RouteTableId"], **destination)


def _disassociate(client: Any, _resource: Any, properties: dict[str, Any]) -> None:
    table_id, subnet_id = properties["RouteTableId"], properties["SubnetId"]
    table = client.describe_route_tables(RouteTableIds=[table_id])["RouteTables"][0]
    for association in table["Associations"]:
        if association.get("SubnetId") == subnet_id:
            client.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])


def _delete_repository(client: Any, resource: Any, properties: dict[str, Any]) -> None:
    empties = str(properties.get("EmptyOnDelete", False)).lower() == "true"
    client.delete_repository(repositoryName=resource.physical_resource_id, force=empties)


REMOVALS: dict[str, tuple[str, Removal]] = {
    "AWS::EC2::InternetGateway": (
        "ec2",
        lambda client, resource, _: client.delete_internet_gateway(InternetGatewayId=resource.id),
    ),
    "AWS::EC2::Route": ("ec2", _delete_route),
    "AWS::EC2::RouteTable": (
        "ec2",
        lambda client, resource, _: client.delete_route_table(RouteTableId=resource.id),
    ),
    "AWS::EC2::SubnetRouteTableAssociation": ("ec2", _disassociate),
    "AWS::EC2::VPCEndpoint": (
        "ec2",
        lambda client, resource, _: client.delete_vpc_endpoints(VpcEndpointIds=[resource.id]),
    ),
    "AWS::EC2::VPCGatewayAttachment": ("ec2", _detach_gateway),
    "AWS::ECR::Repository": ("ecr", _delete_repository),
    "AWS::ECS::Cluster": (
        "ecs",
        lambda client, resource, _: client.delete_cluster(cluster=resource.arn),
    ),
    "AWS::ECS::TaskDefinition": (
        "ecs",
        lambda client, resource, _: client.deregister_task_definition(
            taskDefinition=resource.physical_resource_id
        ),
    ),
}


def remove(resource_type: str, resource: Any, properties: dict[str, Any], region: str) -> bool:
    """Delete a resource of one of the types above; False if its type is another one."""
    if resource_type not in REMOVALS:
        return False
    service, removal = REMOVALS[resource_type]
    removal(boto3.client(service, region_name=region), resource, properties)  # type: ignore[call-overload]
    return True
