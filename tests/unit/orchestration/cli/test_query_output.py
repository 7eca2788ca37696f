"""What `make query` prints, for a person and for a program."""

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.cli.athena import Statement
from orchestration.cli.query_output import Format, csv_lines, json_lines, show
from orchestration.cli.screen import Screen, one_line
from orchestration.errors import PipelineError
from tests.support.account import Account
from tests.support.hostile_texts import ALL, controls_in, readable
from tests.support.terminal import in_terminal

TEXTS = {"name": "varchar", "other": "varchar"}


def _show(
    columns: dict[str, str],
    rows: list[list[str | None]],
    form: Format,
    capsys: Any,
    limit: int | None = None,
) -> tuple[str, str]:
    statement = Statement(list(columns), list(columns.values()), iter(rows), 10, 0.5)
    show(statement, form, Screen(), Screen(stderr=True), limit=limit)
    captured = capsys.readouterr()
    return captured.out, captured.err


def _many(count: int) -> list[list[str | None]]:
    return [[str(number)] for number in range(count)]


def test_a_pipe_gets_every_text_as_it_is(account: Account) -> None:
    account.answer(TEXTS, [[text, None] for text in ALL])
    ran = account.run("query", "select 1")
    assert ran.exit_code == 0, ran.output
    read = list(csv.reader(io.StringIO(ran.stdout_bytes.decode(), newline="")))
    assert read == [["name", "other"], *([text, ""] for text in ALL)]


def test_a_table_shows_every_text_as_text(account: Account) -> None:
    account.answer(dict.fromkeys(ALL, "varchar"), [ALL[::-1], ALL[::-1]])
    ran = account.run("query", "--format", "table", "select 1")
    assert ran.exit_code == 0, ran.output
    header, first, second, _ = ran.stdout.splitlines()
    for text in ALL:
        for line in (header, first, second):
            assert readable(text) in line
    assert controls_in(ran.stdout) == set()


def test_json_holds_every_text_and_no_control(account: Account) -> None:
    account.answer(TEXTS, [[text, None] for text in ALL])
    ran = account.run("query", "--format", "json", "select 1")
    assert json.loads(ran.stdout) == [{"name": text, "other": None} for text in ALL]
    assert controls_in(ran.stdout) == set()


def test_a_rejection_by_athena_keeps_its_brackets(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PipelineError("The query failed: line 1:8: " + "\n".join(ALL))

    monkeypatch.setattr("orchestration.cli.athena._wait", refuse)
    ran = account.run("query", "select 1")
    assert ran.exit_code == 1
    for text in ALL:
        assert readable(text) in ran.output
    assert controls_in(ran.output) == set()


def test_null_the_empty_text_and_the_word_null_look_different_in_a_table(capsys: Any) -> None:
    rows: list[list[str | None]] = [[None], [""], ["NULL"], ["'NULL'"], [" x "], ["null"], ["it's"]]
    out, _ = _show({"name": "varchar"}, rows, Format.TABLE, capsys)
    shown = [line.rstrip() for line in out.splitlines()[1:-1]]
    assert shown == ["NULL", "''", "'NULL'", "'''NULL'''", "' x '", "null", "it's"]


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2003 ", "\t", "\n"])
def test_a_cell_that_looks_blank_is_in_quotes(blank: str, capsys: Any) -> None:
    out, _ = _show({"name": "varchar"}, [[blank], [f"x{blank}"]], Format.TABLE, capsys)
    shown = [line.rstrip(" ") for line in out.splitlines()[1:-1]]
    assert shown == [f"'{one_line(blank)}'", f"'x{one_line(blank)}'"]


def test_json_stays_json_in_a_terminal_whatever_it_holds() -> None:
    texts = [*ALL, "\U000e0041", "\u200b\xad", "a\u200db"]
    shown = in_terminal(
        "from orchestration.cli.query_output import json_lines\n"
        "from orchestration.cli.screen import Screen\n"
        f"rows = iter([[text] for text in {texts!r}])\n"
        "Screen().data(json_lines(['t'], ['varchar'], rows))\n"
    )
    assert json.loads(shown) == [{"t": text} for text in texts]
    assert controls_in(shown) == set()


def test_a_row_wider_than_any_table_is_piped_as_a_record_in_whole_lines(capsys: Any) -> None:
    wide = "x" * 150_000
    out, _ = _show(TEXTS, [[wide, "y"], ["a", "b"]], Format.TABLE, capsys)
    lines = [line.split() for line in out.splitlines()]
    assert ["name", wide] in lines
    assert ["other", "b"] in lines
    assert len(lines) == 2 * 3 + 1


def test_null_and_the_empty_text_differ_in_csv_as_in_athenas_own_files(capsys: Any) -> None:
    out, _ = _show(TEXTS, [[None, ""], ["", None], ['say "x", y\nz', "1"]], Format.CSV, capsys)
    assert out == '"name","other"\n,""\n"",\n"say ""x"", y\nz","1"\n'


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2))
)
def test_csv_is_read_back_as_it_was(rows: list[list[str | None]]) -> None:
    text = "".join(csv_lines(["a", "b"], [], iter(rows)))
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a", "b"], *rows]


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers()),
            st.one_of(st.none(), st.floats()),
            st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))),
            st.one_of(st.none(), st.booleans()),
        )
    )
)
def test_json_has_the_values_that_athena_had(rows: list[tuple[Any, ...]]) -> None:
    """GIVEN values of each kind WHEN Athena writes them as text THEN JSON has them as values."""
    types = ["bigint", "double", "varchar", "boolean"]
    written = [
        [None if n is None else str(n), _double(d), t, None if b is None else str(b).lower()]
        for n, d, t, b in rows
    ]
    read = json.loads("".join(json_lines(["n", "d", "t", "b"], types, iter(written))))
    wanted = [
        {
            "n": n,
            "d": d if d is None or math.isfinite(d) else _double(d),
            "t": t,
            "b": b,
        }
        for n, d, t, b in rows
    ]
    assert read == wanted


def _double(value: float | None) -> str | None:
    if value is None:
        return None
    if math.isfinite(value):
        return repr(value).replace("e+", "E").replace("e", "E")
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def test_json_keeps_all_digits_of_a_decimal(capsys: Any) -> None:
    columns = {"d": "decimal(38,10)", "big": "bigint", "day": "date"}
    digits = "1234567890123456789012345678.0000000001"
    out, _ = _show(columns, [[digits, "9223372036854775807", "2026-03-01"]], Format.JSON, capsys)
    assert out == f'[\n{{"d": {digits}, "big": 9223372036854775807, "day": "2026-03-01"}}\n]\n'


def test_json_of_no_row_is_an_empty_array(capsys: Any) -> None:
    assert _show(TEXTS, [], Format.JSON, capsys) == ("[]\n", "")


def test_csv_of_no_row_is_its_header(capsys: Any) -> None:
    assert _show(TEXTS, [], Format.CSV, capsys) == ('"name","other"\n', "")


def test_json_refuses_two_columns_of_one_name_instead_of_losing_one() -> None:
    with pytest.raises(PipelineError, match=r"Two columns are called a.*select … as …"):
        "".join(json_lines(["a", "b", "a"], ["integer"] * 3, iter([["1", "2", "3"]])))


def test_a_table_says_that_it_was_cut_and_how_to_get_all(capsys: Any) -> None:
    out, err = _show({"n": "bigint"}, _many(1001), Format.TABLE, capsys)
    assert len(out.splitlines()) == 1 + 1000 + 1
    assert "only the first 1,000 rows" in err
    assert "LIMIT=0" in err


def test_a_table_of_exactly_the_limit_is_not_called_cut(capsys: Any) -> None:
    _, err = _show({"n": "bigint"}, _many(1000), Format.TABLE, capsys)
    assert err == ""


@pytest.mark.parametrize(("limit", "rows"), [(0, 2500), (7, 7), (2500, 2500)])
def test_a_table_has_as_many_rows_as_asked(limit: int, rows: int, capsys: Any) -> None:
    out, err = _show({"n": "bigint"}, _many(2500), Format.TABLE, capsys, limit)
    assert len(out.splitlines()) == 1 + rows + 1
    assert ("Cut:" in err) == (rows < 2500)


@pytest.mark.parametrize("form", [Format.CSV, Format.JSON])
def test_data_for_programs_is_never_cut_unasked(form: Format, capsys: Any) -> None:
    out, err = _show({"n": "bigint"}, _many(2500), form, capsys)
    lines = [line for line in out.splitlines() if line.strip("[]")]
    assert len(lines) - (form is Format.CSV) == 2500
    assert err == ""


def test_data_for_programs_is_cut_where_asked_and_says_so(capsys: Any) -> None:
    out, err = _show({"n": "bigint"}, _many(20), Format.CSV, capsys, 3)
    assert out.splitlines() == ['"n"', '"0"', '"1"', '"2"']
    assert "only the first 3 rows" in err


def test_data_is_written_as_it_arrives(capsys: Any) -> None:
    """GIVEN a result that breaks off WHEN it is printed THEN the rows before it are already out."""

    def rows() -> Iterator[list[str | None]]:
        yield ["1"]
        raise PipelineError("the connection broke")

    statement = Statement(["n"], ["bigint"], rows(), 0, 0.0)
    with pytest.raises(PipelineError):
        show(statement, Format.CSV, Screen(), Screen(stderr=True), limit=None)
    assert capsys.readouterr().out == '"n"\n"1"\n'


def test_an_unknown_format_names_the_known_ones(account: Account) -> None:
    ran = account.run("query", "--format", "xml", "select 1")
    assert ran.exit_code == 1
    assert "FORMAT=xml is not a known format; use table, csv or json." in ran.output


def _in_terminal(columns: int, rows: str, names: str, limit: str = "None") -> str:
    return in_terminal(
        "from orchestration.cli.athena import Statement\n"
        "from orchestration.cli.query_output import Format, chosen_format, show\n"
        "from orchestration.cli.screen import Screen\n"
        f"rows, names = {rows}, {names}\n"
        "out, err = Screen(), Screen(stderr=True)\n"
        "statement = Statement(names, ['varchar'] * len(names), iter(rows), 10, 0.5)\n"
        f"show(statement, chosen_format(None, out), out, err, limit={limit})\n",
        columns=columns,
        NO_COLOR="1",
    )


WIDE = "[[f'value {n} of row {r}' for n in range(34)] for r in range(2)]"
NAMES = "[f'column_{n}' for n in range(34)]"


@pytest.mark.parametrize("columns", [80, 200])
def test_rows_too_wide_for_the_terminal_are_shown_as_records(columns: int) -> None:
    """GIVEN 34 columns WHEN they are shown THEN every value is there, on the line of its name."""
    lines = _in_terminal(columns, WIDE, NAMES).splitlines()
    assert lines[0].startswith("── record 1 ─")
    for row, start in ((0, 1), (1, 36)):
        shown = [line.split(maxsplit=1) for line in lines[start : start + 34]]
        values = [f"value {n} of row {row}" for n in range(34)]
        assert [[name, value.rstrip()] for name, value in shown] == [
            [f"column_{n}", value] for n, value in enumerate(values)
        ]
    assert lines[-1] == "2 rows, 10 bytes scanned, 0.50 s"
    assert max(map(len, lines)) <= columns


def test_a_long_value_of_a_record_is_wrapped_and_complete() -> None:
    shown = _in_terminal(60, "[['abc' * 100]]", "['name']")
    assert shown.replace(" ", "").replace("\n", "").count("abc") == 100


def test_what_fits_the_terminal_is_a_table() -> None:
    lines = _in_terminal(80, "[['a', None], ['', 'b']]", "['one', 'two']").splitlines()
    assert [line.split() for line in lines[:3]] == [["one", "two"], ["a", "NULL"], ["''", "b"]]


def test_a_table_is_cut_in_a_terminal_too() -> None:
    shown = _in_terminal(80, "[[str(n)] for n in range(1500)]", "['n']")
    assert "only the first 1,000 rows are shown" in shown


def test_the_lines_of_a_plan_are_shown_as_they_are(capsys: Any) -> None:
    rows: list[list[str | None]] = [["Fragment 0"], ["  Output\x1b[2J"], [""], ["'a'"]]
    plan = Statement(["Query Plan"], ["varchar"], iter(rows), 0, 0.0, is_select=False)
    show(plan, Format.TABLE, Screen(), Screen(stderr=True), limit=None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["Fragment 0", "  Output\\x1b[2J", "", "'a'"]
