"""Let all boto3 sessions of the process share what they read of AWS's API descriptions."""

import functools

import botocore.session


def share_service_models() -> None:
    """Give every session the same loader, which keeps what it has read.

    dbt-athena 1.11.1 makes a new boto3 session for every connection and for most Glue calls, and a
    session reads and parses the descriptions of its services anew: half of dbt's CPU time in a
    build of 39 nodes. Remove this when the adapter keeps its sessions.
    """
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
