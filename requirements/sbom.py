"""Writes what is shipped: one bill of materials (CycloneDX) per artifact, and a license report.

``python requirements/sbom.py build/sbom``; it fails if a license is not in ``LICENSES``. Own code
is Apache-2.0. The dbt image's base (``FROM`` of the Dockerfile) has packages of its own, which the
registry's scan lists (ECR: ``ScanOnPush``).
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
# What is in each artifact: the pins it is built from, and of these only the named ones, if any.
ARTIFACTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "lambda": ("lambda", frozenset()),
    "dbt-image": ("dbt_image", frozenset()),
    # Glue installs nothing; the zip has a table of regions made from this package's data.
    "normalize-library": ("runtime", frozenset({"iso3166-2"})),
}
# Licenses that may be shipped with an Apache-2.0 project, by what packages call them.
LICENSES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache Software License; BSD License": "Apache-2.0 OR BSD-3-Clause",
    "Apache-2.0": "Apache-2.0",
    "Apache-2.0 OR BSD-2-Clause": "Apache-2.0 OR BSD-2-Clause",
    # text-unidecode: either of them, at the user's choice; used under the first.
    "Artistic License; GNU General Public License (GPL); "
    "GNU General Public License v2 or later (GPLv2+)": "Artistic-1.0-Perl OR GPL-2.0-or-later",
    "BSD License": "BSD-3-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    # iso3166-2: a second classifier besides MIT; its license file is MIT's alone.
    "Free For Educational Use; MIT License": "MIT",
    "MIT": "MIT",
    "MIT License": "MIT",
    "MIT License; MIT No Attribution License (MIT-0)": "MIT AND MIT-0",
    # Unchanged, and its source is on the index: its files stay under it, ours do not.
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSF-2.0": "PSF-2.0",
}
# Lambda, Glue and the image run this.
ENVIRONMENT = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "python_version": "3.11",
    "python_full_version": "3.11.0",
    "extra": "",
}


@dataclass(frozen=True)
class Shipped:
    """A pinned package with the hashes that an installer accepts."""

    name: str
    version: str
    hashes: tuple[str, ...]


def shipped(pins: str) -> Iterator[Shipped]:
    """Yield the packages of a requirements file that are installed on Linux."""
    text = (ROOT / "requirements" / f"{pins}.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.replace("\\\n", " ")):
        line = block.partition("--hash")[0].partition("#")[0].strip()
        if not line:
            continue
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(ENVIRONMENT):
            version = next(iter(requirement.specifier)).version
            hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
            yield Shipped(canonicalize_name(requirement.name), version, hashes)


def of_artifact(name: str) -> list[Shipped]:
    """Return the packages that are in an artifact."""
    pins, only = ARTIFACTS[name]
    return [item for item in shipped(pins) if not only or item.name in only]


def licenses() -> dict[str, str]:
    """Return what each installed package says of its license."""
    command = [str(Path(sys.executable).parent / "pip-licenses"), "--format=json"]
    command += ["--from=mixed", "--with-system"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return {canonicalize_name(it["Name"]): it["License"] for it in json.loads(result.stdout)}


def bom_of(name: str, stated: Mapping[str, str]) -> str:
    """Return the bill of materials of an artifact as JSON."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    bom = Bom()
    bom.metadata.component = Component(
        name=f"wistia-video-analytics-{name}",
        version=version,
        type=ComponentType.APPLICATION,
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
        bom_ref=name,
    )
    for item in of_artifact(name):
        component = _component(item, LICENSES[stated[item.name]])
        bom.components.add(component)
        bom.register_dependency(bom.metadata.component, [component])
    output = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    return output.output_as_string(indent=2)


def _component(item: Shipped, license_text: str) -> Component:
    # As cyclonedx-py does: an installer takes any one of these files.
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=it) for it in item.hashes]
    source = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(f"https://pypi.org/simple/{item.name}/"),
        hashes=hashes,
    )
    return Component(
        name=item.name,
        version=item.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=item.name, version=item.version),
        bom_ref=f"{item.name}=={item.version}",
        licenses=[LicenseFactory().make_from_string(license_text)],
        external_references=[source],
    )


def refused(stated: Mapping[str, str]) -> list[str]:
    """Return a line for each shipped package whose license is unknown or not allowed."""
    return sorted(
        f"{item.name} {item.version} in {name}: {stated.get(item.name, 'not installed here')}"
        for name in ARTIFACTS
        for item in of_artifact(name)
        if stated.get(item.name) not in LICENSES
    )


def report(stated: Mapping[str, str]) -> str:
    """Return the licenses as a table, one line per package."""
    lines = ["| package | version | license | in |", "|---|---|---|---|"]
    places: dict[Shipped, list[str]] = {}
    for name in ARTIFACTS:
        for item in of_artifact(name):
            places.setdefault(item, []).append(name)
    lines += [
        f"| {item.name} | {item.version} | {LICENSES[stated[item.name]]} | {', '.join(names)} |"
        for item, names in sorted(places.items(), key=lambda pair: pair[0].name)
    ]
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Write everything into a folder.

    Raises
    ------
    SystemExit
        A license is not allowed.
    """
    stated = licenses()
    if problems := refused(stated):
        raise SystemExit(
            "These licenses are not in LICENSES of requirements/sbom.py:\n" + "\n".join(problems)
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARTIFACTS:
        (folder / f"{name}.cdx.json").write_text(bom_of(name, stated), encoding="utf-8")
    (folder / "licenses.md").write_text(report(stated), encoding="utf-8")
    print(f"{len(ARTIFACTS)} bills of materials and licenses.md are in {folder}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
