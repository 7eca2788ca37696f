"""Pulls the events with dlt's REST source; prints rows and seconds. Used by bench_ingest.py."""

import sys
import time

import dlt
from dlt.sources.rest_api import rest_api_source


def main(url: str, token: str, target: str) -> tuple[int, float]:
    """Run the pipeline's extract step only: JSON lines on disk; return rows and seconds."""
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/modern/",
                "auth": {"type": "bearer", "token": token},
                "paginator": {"type": "page_number", "base_page": 1, "total_path": None},
            },
            "resources": [
                {
                    "name": "events",
                    "endpoint": {"path": "stats/events", "params": {"per_page": 100}},
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=target,
        destination=dlt.destinations.filesystem(bucket_url=f"file://{target}/out"),
        dataset_name="bench",
    )
    started = time.perf_counter()
    info = pipeline.extract(source)
    seconds = time.perf_counter() - started
    metrics = info.metrics[info.loads_ids[0]][0]["table_metrics"]["events"]
    return metrics.items_count, seconds


if __name__ == "__main__":
    print(*main(*sys.argv[1:4]))
