"""The forms of Amazon resource names."""


def partition_of(region: str) -> str:
    """Return the partition of a region.

    Examples
    --------
    >>> partition_of("eu-central-1"), partition_of("cn-north-1")
    ('aws', 'aws-cn')
    """
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def is_arn(value: object) -> bool:
    """Return whether a value is the name of a resource in full."""
    return isinstance(value, str) and value.startswith("arn:") and value.count(":") >= 5


def last_part(arn: str) -> str:
    """Return what comes after the last slash or colon of an ARN; a plain name is returned as it is.

    Examples
    --------
    >>> last_part("arn:aws:ecs:eu-west-1:123456789012:cluster/night"), last_part("night")
    ('night', 'night')
    """
    return arn.rpartition("/")[2].rpartition(":")[2]
