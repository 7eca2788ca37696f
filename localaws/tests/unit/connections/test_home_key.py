"""The key of a home is made once, and closed to everybody but its owner."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localaws.connections.endpoints import aws_environment
from localaws.connections.home_key import home_key, make_private
from localaws.errors import LocalAwsError
from localaws.settings import Settings


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_all_who_ask_at_once_get_the_same_key_and_leave_no_parts(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: home_key(settings), range(64)))
    assert len(keys) == 1
    assert [path.name for path in settings.home.iterdir()] == ["credentials.json"]
    assert rights(settings.home / "credentials.json") == 0o600


def test_two_homes_have_different_keys_of_the_form_that_aws_uses(tmp_path: Path) -> None:
    one, two = (home_key(Settings(home=tmp_path / name)) for name in ("one", "two"))
    assert one.access_key_id != two.access_key_id
    assert one.secret_access_key != two.secret_access_key
    assert (one.access_key_id[:4], len(one.access_key_id)) == ("AKIA", 20)
    assert len(one.secret_access_key) == 40


def test_the_environment_has_the_key_and_no_token_of_somebody_else(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    environment = aws_environment("http://127.0.0.1:1", settings)
    assert environment["AWS_SECRET_ACCESS_KEY"] == home_key(settings).secret_access_key
    assert environment["AWS_SESSION_TOKEN"] == ""


def test_a_home_that_was_open_to_others_is_closed_with_its_folders(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    key = home_key(settings)
    (settings.home / "credentials.json").chmod(0o644)
    for folder in (settings.home, settings.state_dir, settings.home / "cache"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    make_private(settings)
    assert rights(settings.home / "credentials.json") == 0o600
    folders = [settings.home, *(path for path in settings.home.iterdir() if path.is_dir())]
    assert len(folders) == 5
    assert {rights(folder) for folder in folders} == {0o700}
    assert home_key(settings) == key


@pytest.mark.parametrize("content", ["", "{", "[]", '{"access_key_id": "AKIA"}'])
def test_a_damaged_key_is_told_with_what_to_do(tmp_path: Path, content: str) -> None:
    settings = Settings(home=tmp_path)
    (tmp_path / "credentials.json").write_text(content)
    with pytest.raises(LocalAwsError, match="Delete the file"):
        home_key(settings)
