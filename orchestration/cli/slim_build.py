"""dbt's deferred build: builds only what changed and reads the rest from the last night."""

import json
import os
import subprocess
import sys

from botocore.exceptions import ClientError

from orchestration.cloud import Cloud, program
from orchestration.errors import PipelineError
from orchestration.infrastructure import stack
from orchestration.settings import REPOSITORY_ROOT

MANIFEST_KEY = "artifacts/dbt/latest/manifest.json"


def build(cloud: Cloud, target: str) -> int:
    """Run ``dbt build`` on modified models and everything downstream of them.

    Parameters
    ----------
    cloud
        The AWS whose last night is the base of the comparison.
    target
        Target of ``profiles.yml`` to build in.

    Returns
    -------
    int
        dbt's exit code.

    Raises
    ------
    PipelineError
        No night has published a manifest yet.
    """
    state = cloud.settings.build_dir / "state"
    state.mkdir(parents=True, exist_ok=True)
    try:
        cloud.client("s3").download_file(
            cloud.data_bucket, MANIFEST_KEY, str(state / "manifest.json")
        )
    except ClientError as error:
        raise PipelineError(
            f"s3://{cloud.data_bucket}/{MANIFEST_KEY} cannot be read ({error}). A slim build "
            "compares with the last successful night: run `make nightly` first."
        ) from None
    command = [program("dbt"), "build", "--target", target, "--select", "state:modified+"]
    command += ["--defer", "--favor-state", "--state", str(state)]
    # A selection without nodes is an error in this project; here it means that nothing has changed.
    command += ["--warn-error-options", '{"silence": ["NoNodesForSelectionCriteria"]}']
    names = stack.databases(cloud)
    command += ["--vars", json.dumps({"staging_database": names.staging})]
    environment = os.environ | {
        "DATA_BUCKET": cloud.data_bucket,
        "ATHENA_WORKGROUP": cloud.settings.workgroup,
        "ANALYTICS_DATABASE": names.analytics,
    }
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        environment["DBT_USE_COLORS"] = "false"  # dbt colors whatever it writes to
    return subprocess.run(command, cwd=REPOSITORY_ROOT, env=environment, check=False).returncode
