"""Lint the project's SQL: ``python dbt_project/lint.py [sqlfluff arguments]``.

sqlfluff's dbt templater compiles the project, and even to compile, the adapter queries STS and Glue
for the existing relations. An empty account in this process answers; no engine is needed.
"""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """Run sqlfluff against an empty account and return its exit code."""
    if not (ROOT / "profiles.yml").exists():
        shutil.copy(ROOT / "profiles.yml.example", ROOT / "profiles.yml")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # no line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = os.environ | {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "lint",
            "AWS_SECRET_ACCESS_KEY": "lint",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        sqlfluff = Path(sys.executable).with_name("sqlfluff")
        command = [
            str(sqlfluff),
            *(arguments or ["lint", "models", "tests/dbt", "dbt_project/analyses"]),
        ]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
