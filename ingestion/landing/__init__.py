"""The landing zone: immutable gzipped NDJSON, parts per task, manifests that make it visible."""
