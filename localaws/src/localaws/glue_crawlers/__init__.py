"""Runs Glue crawlers: new partitions, new columns and new tables from what lies in S3."""

from localaws.glue_crawlers.crawler_api import install

__all__ = ["install"]
