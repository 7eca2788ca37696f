"""Lets all boto3 sessions of the process share AWS's API descriptions."""

import functools

import botocore.session


def share_service_models() -> None:
    """Give every session the same loader, which caches what it has read.

    dbt-athena 1.11.1 creates a boto3 session for every connection and for most Glue calls, and each
    session reads and parses the descriptions of its services again: half of dbt's CPU time in a
    build of 39 nodes. Remove this when the adapter reuses its sessions.
    """
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
