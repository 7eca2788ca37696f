"""The landing zone: immutable gzipped NDJSON, parts per task, manifests that make them visible."""
