"""The four Lambda functions: plan, ingest, seal, commit. Each is thin: read, call, return."""
