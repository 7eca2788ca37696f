"""GetPartitions expressions select what Glue selects."""

import pytest

from localaws.glue_catalog.partition_filter import ExpressionError, compile_filter

_TYPES = {"day_2": "date", "n": "int", "s": "string", "at": "timestamp"}
_ROW = {"day_2": "2026-03-02", "n": "10", "s": "it's", "at": "2026-03-02 01:00:00.0"}


@pytest.mark.parametrize(
    ("expression", "selects"),
    [
        (None, True),
        ("", True),
        ("n > 9", True),
        ("n = 9 OR (n = 10 AND s = 'it''s')", True),
        ("day_2 >= '2026-03-01' AND day_2 < '2026-03-02'", False),
        ("day_2 = DATE '2026-03-02'", True),
        ("((day_2 = '2026-03-02'))", True),
        ("s IN ('a', 'it''s')", True),
        ("NOT s IN ('a')", True),
        ("n BETWEEN 11 AND 20", False),
        ("s LIKE 'it%'", True),
        ("'2026-03-01' < day_2", True),
        ("s IS NULL", False),
        ("n <> 10", False),
        ("at = TIMESTAMP '2026-03-02 01:00:00'", True),
        ("at < TIMESTAMP '2026-03-02 01:00:00.001'", True),
    ],
)
def test_expression_selects(expression, selects):
    assert compile_filter(expression, _TYPES)(_ROW) is selects


@pytest.mark.parametrize("expression", ["nope = 1", "n >", "n + 1 = 2", "n = 'x'", "f(n) = 1"])
def test_expression_that_glue_refuses_is_refused(expression):
    with pytest.raises(ExpressionError):
        compile_filter(expression, _TYPES)(_ROW)


_CONDITIONS = (
    "p = 'a'",
    "p <> 'a'",
    "p < 'b'",
    "p IN ('a')",
    "p BETWEEN 'a' AND 'b'",
    "p LIKE 'a%'",
)


@pytest.mark.parametrize("condition", _CONDITIONS)
@pytest.mark.parametrize("form", ["{}", "NOT ({})", "NOT (NOT ({}))", "({}) OR NOT ({})"])
def test_a_null_partition_is_selected_by_no_comparison_and_not_by_its_contrary(condition, form):
    expression = form.format(condition, condition)
    null = {"p": "__HIVE_DEFAULT_PARTITION__"}
    assert compile_filter(expression, {"p": "string"})(null) is False


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("p IS NULL", [None]),
        ("p IS NOT NULL", ["a", "b"]),
        ("p NOT IN ('a')", ["b"]),
        ("p NOT IN ('a', NULL)", []),
        ("p IN ('a', NULL)", ["a"]),
        ("p = NULL OR p = 'a'", ["a"]),
        ("NOT (p = 'a' AND p <> 'a')", ["a", "b"]),
        ("p = 'a' OR true", ["a", "b", None]),
        ("NOT (p = 'a' AND false)", ["a", "b", None]),
    ],
)
def test_unknown_follows_sqls_truth_tables(expression, selected):
    chosen = compile_filter(expression, {"p": "string"})
    rows = {value: {"p": value or "__HIVE_DEFAULT_PARTITION__"} for value in ("a", "b", None)}
    assert [value for value, row in rows.items() if chosen(row)] == selected
