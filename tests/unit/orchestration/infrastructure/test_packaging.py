"""Artifacts are the same bytes for the same content."""

import io
import zipfile
from pathlib import Path

from orchestration.infrastructure import content


def _folder(root: Path) -> dict[str, Path]:
    (root / "a/__pycache__").mkdir(parents=True)
    (root / "a/one.py").write_text("1")
    (root / "a/__pycache__/one.pyc").write_text("x")
    (root / "b.py").write_text("2")
    return content.files_below(root, ".")


def test_caches_are_not_packaged(tmp_path: Path) -> None:
    assert list(_folder(tmp_path)) == ["a/one.py", "b.py"]


def test_a_zip_does_not_depend_on_times_and_order(tmp_path: Path) -> None:
    first, second = _folder(tmp_path / "x"), _folder(tmp_path / "y")
    (tmp_path / "y/b.py").touch()
    assert content.zip_of(first.items()) == content.zip_of(reversed(second.items()))
    archive = zipfile.ZipFile(io.BytesIO(content.zip_of(first.items())))
    assert archive.namelist() == ["a/one.py", "b.py"]


def test_the_hash_follows_names_and_content(tmp_path: Path) -> None:
    files = _folder(tmp_path)
    before = content.hash_of(files)
    assert content.hash_of({"c.py": files["b.py"], "a/one.py": files["a/one.py"]}) != before
    (tmp_path / "b.py").write_text("3")
    assert content.hash_of(files) != before
