"""dbt's artifacts in the data bucket: by run, and the newest under ``latest``."""

import json
from dataclasses import asdict
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from orchestration.dbt_task.outcome import EXIT_UNKNOWN, Outcome

DOCS_KEY = "docs/index.html"
_PREFIX = "artifacts/dbt"
_PARSE_STATE = "partial_parse.msgpack"
_PUBLISHED = {
    "freshness": ("sources.json", _PARSE_STATE),
    "build": ("manifest.json", "run_results.json", _PARSE_STATE),
    "docs": ("catalog.json",),
    "upkeep": (),
}
_CONTENT_TYPES = {".json": "application/json", ".html": "text/html; charset=utf-8"}


class Artifacts:
    """Folder of one run in the bucket.

    Parameters
    ----------
    bucket
        The data bucket.
    run_id
        Names the folder.
    """

    def __init__(self, *, bucket: str, run_id: str) -> None:
        self._bucket = bucket
        self._run = f"{_PREFIX}/{run_id}"
        self._client = boto3.client("s3")

    def fetch_parse_state(self, target: Path) -> None:
        """Fetch the last parse of the project, if there is one: it saves dbt seconds."""
        for folder in (self._run, f"{_PREFIX}/latest"):
            if self._fetch(f"{folder}/{_PARSE_STATE}", target):
                return

    def fetch_manifest(self, target: Path) -> bool:
        """Fetch the manifest of this run's build; return whether there is one."""
        return self._fetch(f"{self._run}/manifest.json", target)

    def _fetch(self, key: str, target: Path) -> bool:
        try:
            self._client.download_file(self._bucket, key, str(target / Path(key).name))
        except ClientError:
            return False
        return True

    def begin(self, command: str) -> None:
        """Reset the summary: one from an earlier try of this run describes another failure."""
        self._put_summary(Outcome(command, EXIT_UNKNOWN))

    def publish(self, command: str, target: Path, outcome: Outcome) -> None:
        """Upload the command's artifacts from ``target``, and its summary.

        ``latest`` changes only on success: analysts defer to it, and a broken manifest would break
        their builds too.
        """
        folders = [self._run] if outcome.exit_code else [self._run, f"{_PREFIX}/latest"]
        for name in _PUBLISHED[command]:
            if (target / name).exists():
                for folder in folders:
                    self._upload(target / name, f"{folder}/{name}")
        self._put_summary(outcome)
        if command == "docs" and outcome.exit_code == 0:
            self._upload(target / "static_index.html", DOCS_KEY)

    def _put_summary(self, outcome: Outcome) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{self._run}/{outcome.command}_summary.json",
            Body=json.dumps(asdict(outcome)).encode(),
            ContentType="application/json",
        )

    def _upload(self, file: Path, key: str) -> None:
        content_type = _CONTENT_TYPES.get(file.suffix, "application/octet-stream")
        self._client.upload_file(
            str(file), self._bucket, key, ExtraArgs={"ContentType": content_type}
        )
