"""Values are printed as Athena prints them."""

import pytest

from localaws.athena.results.result_types import column_info, formatter


def _type(raw, *arguments):
    return {"rawType": raw, "arguments": list(arguments)}


def _long(value):
    return {"kind": "LONG", "value": value}


def _of(signature):
    return {"kind": "TYPE", "value": signature}


def _named(name, signature):
    return {
        "kind": "NAMED_TYPE",
        "value": {"fieldName": {"name": name}, "typeSignature": signature},
    }


_INT, _TEXT = _type("integer"), _type("varchar", _long(2147483647))


@pytest.mark.parametrize(
    ("signature", "value", "text"),
    [
        (_type("boolean"), True, "true"),
        (_type("bigint"), 9007199254740993, "9007199254740993"),
        (_type("double"), "1.0E10", "1.0E10"),
        (_type("double"), "NaN", "NaN"),
        (_type("decimal", _long(10), _long(2)), "1.10", "1.10"),
        (_type("varbinary"), "AP8=", "00 ff"),
        (_type("varbinary"), "", ""),
        (_type("timestamp", _long(0)), "2020-01-01 01:02:03", "2020-01-01 01:02:03.000"),
        (_type("timestamp", _long(1)), "2020-01-01 01:02:03.4", "2020-01-01 01:02:03.400"),
        (_type("timestamp", _long(6)), "2020-01-01 01:02:03.000004", "2020-01-01 01:02:03.000004"),
        (
            _type("timestamp with time zone", _long(0)),
            "2020-01-01 01:02:03 Europe/Paris",
            "2020-01-01 01:02:03.000 Europe/Paris",
        ),
        (_type("time", _long(0)), "01:02:03", "01:02:03.000"),
        (_type("array", _of(_INT)), [1, None], "[1, null]"),
        (_type("map", _of(_TEXT), _of(_INT)), {"a": 1, "b": None}, "{a=1, b=null}"),
        (_type("row", _named("x", _INT), _named("y", _TEXT)), [1, "z"], "{x=1, y=z}"),
        (_type("array", _of(_type("row", _named("b", _type("boolean"))))), [[True]], "[{b=true}]"),
    ],
)
def test_value_is_printed_as_athena_does(signature, value, text):
    assert formatter(signature)(value) == text


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (_type("integer"), ("integer", 10, 0)),
        (_type("real"), ("float", 17, 0)),
        (_TEXT, ("varchar", 2147483647, 0)),
        (_type("varchar", _long(3)), ("varchar", 3, 0)),
        (_type("decimal", _long(10), _long(2)), ("decimal", 10, 2)),
        (_type("timestamp", _long(6)), ("timestamp", 6, 0)),
        (_type("timestamp", _long(3)), ("timestamp", 3, 0)),
        (_type("varbinary"), ("varbinary", 1073741824, 0)),
        (_type("array", _of(_INT)), ("array", 0, 0)),
    ],
)
def test_column_is_described_as_athena_does(signature, expected):
    info = column_info("c", signature)
    assert (info["Type"], info["Precision"], info["Scale"]) == expected
    assert (info["CatalogName"], info["Label"], info["Nullable"]) == ("hive", "c", "UNKNOWN")
