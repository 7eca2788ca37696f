"""Macros as Python functions: rendered as dbt renders them, without dbt."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2

MACROS = Path(__file__).resolve().parents[2] / "macros"


class ReturnedError(Exception):
    """Carries a macro's return value, as dbt's own renderer does."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class CompilationError(Exception):
    """What exceptions.raise_compiler_error raises."""


class RenderedMacros:
    """The macros of some files, called by name.

    Parameters
    ----------
    files
        Names of the files in ``macros/``.
    context
        What dbt puts into the context and these macros read.
    """

    def __init__(self, *files: str, **context: Any) -> None:
        environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
        source = "".join((MACROS / name).read_text() for name in files)
        environment.globals |= {
            "execute": True,
            "none": None,
            "return": self._return,
            "exceptions": SimpleNamespace(raise_compiler_error=self._raise),
        }
        names = re.findall(r"{% macro (\w+)", source)
        environment.globals |= {name: self._wrapped(f"rendered_{name}") for name in names}
        environment.globals |= context
        # Under other names, so that every call from macro to macro goes through the wrapper.
        self._rendered: Any = environment.from_string(
            re.sub(r"{% macro (\w+)", r"{% macro rendered_\1", source)
        ).make_module()
        self._globals = environment.globals

    def __call__(self, name: str, *arguments: Any, **named: Any) -> Any:
        return self._globals[name](*arguments, **named)

    @staticmethod
    def _return(value: Any) -> None:
        raise ReturnedError(value)

    @staticmethod
    def _raise(message: str) -> None:
        raise CompilationError(message)

    def _wrapped(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return " ".join(str(getattr(self._rendered, name)(*arguments, **named)).split())
            except ReturnedError as returned:
                return returned.value

        return call
