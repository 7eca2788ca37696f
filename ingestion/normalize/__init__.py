"""The Glue job that turns landed raw JSON into typed, deduplicated parquet staging."""
