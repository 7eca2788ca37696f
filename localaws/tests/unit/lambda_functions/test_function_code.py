"""The code of functions on this machine, and how their handlers are loaded."""

import io
import sys
import zipfile

import pytest

from localaws.lambda_functions import bootstrap
from localaws.lambda_functions.code_store import CodeStore
from localaws.scheduler.fire import fill_in


def zip_of(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return content.getvalue()


def test_the_same_content_is_unpacked_once(tmp_path):
    # GIVEN a store that has a zip
    store = CodeStore(tmp_path)
    content = zip_of(app="x = 1")
    folder = store.unpack(content)
    (folder / "compiled.pyc").write_text("kept")
    # WHEN the same content comes again
    again = store.unpack(content)
    # THEN it is the same folder, and other content has another one
    assert again == folder
    assert (folder / "compiled.pyc").exists()
    assert store.unpack(zip_of(app="x = 2")) != folder
    assert [path for path in tmp_path.iterdir() if path.name.startswith("unpacking")] == []


def test_bytes_that_are_no_zip_leave_nothing_behind(tmp_path):
    with pytest.raises(zipfile.BadZipFile):
        CodeStore(tmp_path).unpack(b"no zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("no_module_of_this_name.handler", "Runtime.ImportModuleError"),
        ("json.no_function_of_this_name", "Runtime.HandlerNotFound"),
        ("handler", "Runtime.MalformedHandlerName"),
        ("broken_module_for_test.handler", "Runtime.UserCodeSyntaxError"),
    ],
)
def test_a_handler_that_cannot_be_loaded_has_lambdas_error(
    tmp_path, monkeypatch, handler, error_type
):
    # GIVEN a module that does not compile, among others
    (tmp_path / "broken_module_for_test.py").write_text("def handler(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    # WHEN the handler is loaded
    with pytest.raises(bootstrap.HandlerLoadError) as failure:
        bootstrap.load_handler(handler)
    # THEN the error has Lambda's name
    assert failure.value.error_type == error_type


def test_a_handler_may_be_named_with_slashes():
    assert bootstrap.load_handler("json/decoder.JSONDecoder") is sys.modules["json"].JSONDecoder


def test_a_schedules_input_has_its_time_and_its_name():
    text = fill_in(
        '{"t": "<aws.scheduler.scheduled-time>", "s": "<aws.scheduler.schedule-arn>"}',
        schedule_arn="arn:s",
        time="2026-03-02T02:00:00Z",
    )
    assert text == '{"t": "2026-03-02T02:00:00Z", "s": "arn:s"}'
