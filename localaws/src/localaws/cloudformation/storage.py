"""``AWS::S3::Bucket`` and its policy. moto's bucket takes encryption and tags only."""

import json
from typing import Any

from botocore.exceptions import ClientError

from localaws.cloudformation.api_resource import ApiResource, Properties

DEFAULT_REGION = "us-east-1"


class Bucket(ApiResource):
    """``AWS::S3::Bucket``."""

    TYPE = "AWS::S3::Bucket"
    NAME_PROPERTY = "BucketName"
    ATTRIBUTES = ("Arn", "DomainName", "RegionalDomainName", "DualStackDomainName", "WebsiteURL")
    IDENTIFIER = "BucketName"

    def create(self, name: str) -> None:
        """Create the bucket."""
        place = {}
        if self.region != DEFAULT_REGION:
            place = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.call("s3", "create_bucket", Bucket=name, **place)
        self._is(name)
        self._configure(self.properties)

    def find(self, identifier: str) -> None:
        """Find the bucket; its configuration stays as it is."""
        if self.properties.get("BucketName", identifier) != identifier:
            raise ValueError(f"The template's BucketName is not {identifier}")
        self.call("s3", "head_bucket", Bucket=identifier)
        self._is(identifier)

    def _is(self, name: str) -> None:
        self.physical_resource_id = name
        self.attributes = {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{self.region}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{self.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{self.region}.amazonaws.com",
        }

    def change(self, new: Properties) -> bool:
        """Change the configuration; the objects stay."""
        self._configure(new)
        return True

    def remove(self) -> None:
        """Delete the bucket, which has to be empty."""
        self.call("s3", "delete_bucket", Bucket=self.physical_resource_id)

    def _configure(self, properties: Properties) -> None:
        name = self.physical_resource_id
        if "VersioningConfiguration" in properties:
            versioning = properties["VersioningConfiguration"]
            self.call(
                "s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration=versioning
            )
        if "PublicAccessBlockConfiguration" in properties:
            block = properties["PublicAccessBlockConfiguration"]
            parameters = {"Bucket": name, "PublicAccessBlockConfiguration": block}
            self.call("s3", "put_public_access_block", **parameters)
        if "BucketEncryption" in properties:
            rules = [
                {
                    "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
                    "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
                }
                for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            ]
            encryption = {"Rules": rules}
            parameters = {"Bucket": name, "ServerSideEncryptionConfiguration": encryption}
            self.call("s3", "put_bucket_encryption", **parameters)
        if "LifecycleConfiguration" in properties:
            lifecycle = {
                "Rules": [_lifecycle_rule(r) for r in properties["LifecycleConfiguration"]["Rules"]]
            }
            parameters = {"Bucket": name, "LifecycleConfiguration": lifecycle}
            self.call("s3", "put_bucket_lifecycle_configuration", **parameters)
        if "OwnershipControls" in properties:
            controls = properties["OwnershipControls"]
            self.call(
                "s3", "put_bucket_ownership_controls", Bucket=name, OwnershipControls=controls
            )
        if "Tags" in properties:
            tagging = {"TagSet": properties["Tags"]}
            self.call("s3", "put_bucket_tagging", Bucket=name, Tagging=tagging)


class BucketPolicy(ApiResource):
    """``AWS::S3::BucketPolicy``."""

    TYPE = "AWS::S3::BucketPolicy"
    IDENTIFIER = "Bucket"

    def create(self, name: str) -> None:
        """Put the policy. One that is there already is not overwritten, as on AWS."""
        del name
        bucket = self.properties["Bucket"]
        try:
            self.find(bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
        else:
            raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
        self._put(self.properties)
        self.physical_resource_id = bucket

    def find(self, identifier: str) -> None:
        """Find the policy of a bucket; its text stays as it is."""
        self.call("s3", "get_bucket_policy", Bucket=identifier)
        self.physical_resource_id = identifier

    def change(self, new: Properties) -> bool:
        """Replace the policy of the same bucket."""
        if new["Bucket"] != self.physical_resource_id:
            return False
        self._put(new)
        return True

    def remove(self) -> None:
        """Delete the policy."""
        self.call("s3", "delete_bucket_policy", Bucket=self.physical_resource_id)

    def _put(self, properties: Properties) -> None:
        policy = json.dumps(properties["PolicyDocument"])
        self.call("s3", "put_bucket_policy", Bucket=properties["Bucket"], Policy=policy)


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """Spell a rule as the API does."""
    spelled: dict[str, Any] = {
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if "Id" in rule:
        spelled["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        spelled["Expiration"] = {"Days": rule["ExpirationInDays"]}
    elif rule.get("ExpiredObjectDeleteMarker"):
        spelled["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if "Transitions" in rule:
        spelled["Transitions"] = [
            {"Days": step["TransitionInDays"], "StorageClass": step["StorageClass"]}
            for step in rule["Transitions"]
        ]
    if "NoncurrentVersionExpiration" in rule:
        spelled["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        spelled["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return spelled
