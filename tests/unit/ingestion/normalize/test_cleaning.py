"""How odd lines are cleaned: every field of every stream with every type."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.normalize import fields
from ingestion.normalize.schemas import SHARE_TOLERANCE, TABLES
from ingestion.spelling import camel
from tests.support.odd_lines import (
    FITTING,
    LIST,
    MISFITS,
    OBJECT,
    all_fields,
    cleaner,
    lacking,
    line,
    named,
    traces,
    with_objects,
)

EXAMPLES = int(os.environ.get("NORMALIZE_EXAMPLES", "100"))


@named(all_fields(essential=False))
def test_a_value_that_does_not_fit_is_nulled_named_and_kept_masked(table, path, node) -> None:
    for misfit in MISFITS[node.kind]:
        cleaned = cleaner(table.name).clean(line(table.name, {path: misfit}))
        expected, possible = lacking(table, path, node)
        assert cleaned.reason is None, misfit
        assert possible >= set(cleaned.nulled or ()) >= expected, misfit
        assert path in json.loads(cleaned.extra or "{}"), misfit
        assert not traces(cleaned), misfit


@named(all_fields(essential=True))
def test_a_row_without_a_usable_key_or_date_is_quarantined_by_column(table, path, node) -> None:
    for misfit in (*MISFITS[node.kind], "null", '""', '"  "'):
        cleaned = cleaner(table.name).clean(line(table.name, {path: misfit}))
        assert cleaned.line is None, misfit
        assert cleaned.reason, misfit
        assert {name.partition(":")[2] for name in cleaned.reason.split(",")} <= {*node.columns}


EXTREMES = ('"9999-12-31T23:59:59.999999Z"', '"9999-12-31T23:59:59-18:00"', '"0001-01-01T00:00:00+18:00"', '"2100-01-02"',
            '"2005-12-31"', '"0000-01-01"', OBJECT, LIST, "7", "NaN", "1e400", "-0", "true", '""', "null")  # fmt: skip


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_line_that_was_ingested_at_no_possible_time_is_quarantined(table) -> None:
    for odd in EXTREMES:
        envelope = json.loads(line(table.name, {}))
        envelope["_meta"]["ingested_at"] = "HERE"
        text = json.dumps(envelope).replace('"HERE"', odd)
        cleaned = cleaner(table.name).clean(text.encode())
        assert cleaned.line is None, odd
        assert (cleaned.reason or "").endswith(":ingested_at"), odd


@named(all_fields(essential=False) + all_fields(essential=True))
def test_no_value_of_a_field_and_no_time_stops_the_job(table, path, node) -> None:
    for odd in EXTREMES:
        cleaned = cleaner(table.name).clean(line(table.name, {path: odd}))
        assert (cleaned.line is None) == (cleaned.reason is not None), odd


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_record_as_declared_is_nobodys_concern(table) -> None:
    cleaned = cleaner(table.name).clean(line(table.name, {}))
    assert (cleaned.reason, cleaned.extra, cleaned.nulled) == (None, None, None)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_field_is_read_in_both_spellings(table) -> None:
    def respelled(value: Any) -> Any:
        if isinstance(value, dict):
            return {camel(name): respelled(part) for name, part in value.items()}
        return value

    envelope = json.loads(line(table.name, {}))
    plain = cleaner(table.name).clean(json.dumps(envelope).encode())
    envelope["record"] = respelled(envelope["record"])
    assert cleaner(table.name).clean(json.dumps(envelope).encode()) == plain


def with_both_spellings(stream: str, path: str, first: str, second: str) -> bytes | None:
    """A whole record in which a field has two values: under its name, and in its other spelling.

    The other spelling is `camelCase`; of an object without one it is that of its older name.
    """
    content = json.loads(line(stream, {}))
    *outer, last = path.split(".")
    holder, is_older = content["record"], outer == ["folder"] and stream == "media"
    if camel(last) == last and not is_older:
        return None
    for name in outer:
        holder = holder[name]
    holder[last] = "<first>"
    if is_older:
        content["record"]["project"] = {last: "<second>"}
    else:
        holder[camel(last)] = "<second>"
    text = json.dumps(content).replace('"<first>"', first).replace('"<second>"', second)
    return text.encode()


TWICE = [case for case in [*all_fields(essential=False), *all_fields(essential=True)]
         if with_both_spellings(case[0].name, case[1], "1", "2")]  # fmt: skip


@named(TWICE)
def test_a_blank_or_odd_value_never_hides_the_good_one_in_another_spelling(
    table, path, node
) -> None:
    good = FITTING[node.kind]
    plain = cleaner(table.name).clean(line(table.name, {}))
    for odd in ("null", '""', '"  "', *MISFITS[node.kind]):
        for values in ((odd, good), (good, odd)):
            both = with_both_spellings(table.name, path, *values)
            cleaned = cleaner(table.name).clean(both or b"")
            # The good value is used as if it were alone, so no column lacks a value.
            assert (cleaned.reason, cleaned.nulled) == (None, None), values
            assert json.loads(cleaned.line or "") == json.loads(plain.line or ""), values
            # What did not fit is kept, masked.
            assert (path in json.loads(cleaned.extra or "{}")) == (odd in MISFITS[node.kind]), (
                values
            )
            assert not traces(cleaned), values


OTHERS = {"string": '"another"', "timestamp": '"2026-02-28"', "day": '"2026-02-28"', "double": "0.25", "bigint": "7", "int": "7",
          "boolean": "false", "objects": "[{}]", "numbers": "[9]"}  # fmt: skip


@named([case for case in TWICE if not case[2].is_flag])
def test_of_two_good_values_the_modern_one_counts_and_the_other_is_kept(table, path, node) -> None:
    both = with_both_spellings(table.name, path, FITTING[node.kind], OTHERS[node.kind])
    cleaned = cleaner(table.name).clean(both or b"")
    alone = cleaner(table.name).clean(line(table.name, {}))
    assert (cleaned.line, cleaned.nulled) == (alone.line, None)
    assert [*json.loads(cleaned.extra or "{}")] == [path]
    # The same value twice is not reported.
    same = with_both_spellings(table.name, path, FITTING[node.kind], FITTING[node.kind])
    assert cleaner(table.name).clean(same or b"") == alone


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_an_unknown_part_of_every_object_is_reported_by_its_path(table) -> None:
    envelope = json.loads(line(table.name, {}))
    objects = {path.rpartition(".")[0] for path in fields.leaves(table.name) if "." in path}
    for path in {"", *objects}:
        changed = json.loads(json.dumps(envelope))
        holder = changed["record"]
        for name in filter(None, path.split(".")):
            holder = holder[name]
        holder["newPart"] = {"of": "jane.roe@example.com"}
        cleaned = cleaner(table.name).clean(json.dumps(changed).encode())
        assert [*json.loads(cleaned.extra or "{}")] == [f"{path}.newPart".lstrip(".")]
        assert not traces(cleaned)


@pytest.mark.parametrize("value", ["null", "false", "[]", "{}", '""', '"  "', '"\\t\\u00a0"'])
@pytest.mark.parametrize(
    ("stream", "paths"),
    [
        ("events", ("email", "conversion_data.email")),
        ("events", ("conversion_type",)),
        ("visitors", ("visitor_identity.name", "visitor_identity.email", "visitor_identity.org.name")),
        ("events", ("conversion_data",)),
        ("visitors", ("visitor_identity",)),
        ("visitors", ("visitor_identity.org",)),
    ],
)  # fmt: skip
def test_what_is_empty_is_absent_whatever_its_type(stream, paths, value) -> None:
    cleaned = cleaner(stream).clean(with_objects(stream, dict.fromkeys(paths, value)))
    record = json.loads(cleaned.line or "")["record"]
    for path in paths:
        name, _, part = path.partition(".")
        assert not (part in record.get(name, {}) if part else name in record)
    assert (cleaned.nulled, cleaned.extra) == (None, None)


OBJECTS = [
    (stream, path)
    for stream in TABLES
    for path in fields.declared_paths(stream)
    if path not in fields.leaves(stream)
    and (stream, path) != ("media", "tags")
    and path != "assets"
]


@pytest.mark.parametrize(("stream", "path"), OBJECTS)
def test_a_blank_text_instead_of_an_object_is_absent(stream, path) -> None:
    absent = cleaner(stream).clean(with_objects(stream, {path: "null"}))
    for value in ('""', '"  "'):
        assert cleaner(stream).clean(with_objects(stream, {path: value})) == absent


@named([case for case in all_fields(essential=False) if case[2].tolerance])
def test_a_share_slightly_above_one_is_one_and_a_larger_one_is_null(table, path, node) -> None:
    for value, kept in ((1 + SHARE_TOLERANCE, 1), (1.0000000002, 1), (1, 1), (1.0101, None)):
        cleaned = cleaner(table.name).clean(line(table.name, {path: str(value)}))
        assert json.loads(cleaned.line or "")["record"].get(path) == kept
        assert (cleaned.nulled is None) == (kept is not None)


def test_a_number_of_any_length_that_spark_can_read_is_kept_where_a_text_is_declared() -> None:
    for number, is_kept in (("1" * 400, True), ("1" * 1000, True), ("1" * 1001, False)):
        cleaned = cleaner("events").clean(line("events", {"city": number}))
        assert (f'"city":{number}' in (cleaned.line or "")) == is_kept
        assert cleaned.nulled == (None if is_kept else ["city"])


def test_every_rate_has_the_tolerance_of_a_share() -> None:
    rates = [c for t in TABLES.values() for c in t.columns if c.name.endswith("_rate")]
    assert rates
    assert {column.tolerance for column in rates} == {SHARE_TOLERANCE}


@pytest.mark.parametrize(
    ("request_", "is_archived"),
    [
        ({"path": "/modern/medias", "params": {"archived": "true"}}, True),
        ({"path": "/modern/medias", "params": {}}, None),
        ({"params": []}, None),
        ("archived", None),
        (None, None),
    ],
)
def test_an_odd_archived_is_what_the_list_was_asked_for(request_, is_archived) -> None:
    for odd in MISFITS["boolean"]:
        envelope = json.loads(line("media", {"archived": odd}))
        envelope["_meta"]["request"] = request_
        cleaned = cleaner("media").clean(json.dumps(envelope).encode())
        assert json.loads(cleaned.line or "")["record"].get("archived") is is_archived
        assert cleaned.nulled == (None if is_archived else ["is_archived"])
        assert [*json.loads(cleaned.extra or "{}")] == ["archived"]
    # The record's own value counts.
    envelope["record"]["archived"] = False
    cleaned = cleaner("media").clean(json.dumps(envelope).encode())
    assert json.loads(cleaned.line or "")["record"]["archived"] is False


def test_names_and_descriptions_are_kept_as_served_in_every_table() -> None:
    served = [c for t in TABLES.values() for c in t.columns
              if c.field and c.field.rpartition(".")[2] in ("name", "media_name", "description", "section")]  # fmt: skip
    assert len(served) >= 8
    assert all(column.verbatim for column in served)


def test_a_media_in_the_format_of_v1_is_the_same_media() -> None:
    plain = json.loads(line("media", {}))
    older = json.loads(line("media", {}))
    older["record"]["project"] = older["record"].pop("folder")
    older["record"]["project"]["hashedId"] = older["record"]["project"].pop("hashed_id")
    kept = [json.loads(cleaner("media").clean(json.dumps(e).encode()).line or "")["record"]["folder"]
            for e in (plain, older)]  # fmt: skip
    assert kept[0] == kept[1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_whatever_a_field_holds_the_row_stays_and_cleaning_it_again_changes_nothing(data) -> None:
    # GIVEN a record in which up to three optional fields hold any JSON (what is left of a visitor
    # has the parts of parts under their path, as Spark reads them)
    cases = [case for case in all_fields(essential=False) if case[0].name != "visitors"]
    table, _, _ = data.draw(st.sampled_from(cases))
    paths = [path for t, path, _ in cases if t is table]
    changes = {path: json.dumps(data.draw(JSON)) for path in data.draw(st.sets(st.sampled_from(paths), max_size=3))}  # fmt: skip
    # WHEN its line is cleaned
    cleaned = cleaner(table.name).clean(line(table.name, changes))
    # THEN the row stays, and what is left of it is as declared
    assert cleaned.reason is None
    again = cleaner(table.name).clean((cleaned.line or "").encode())
    assert (again.reason, again.extra, again.nulled) == (None, None, None)
    assert json.loads(again.line or "") == json.loads(cleaned.line or "")


def test_where_the_cleaner_runs_nothing_of_this_repository_is_needed(tmp_path) -> None:
    # GIVEN the function as Spark sends it to its workers
    from pyspark import cloudpickle  # noqa: PLC0415 - takes a second

    from ingestion.normalize import records  # noqa: PLC0415

    sent = tmp_path / "function"
    sent.write_bytes(cloudpickle.dumps(records._cleaner(cleaner("media"))))
    # WHEN a Python that cannot find this repository calls it
    program = (
        f"import pickle, sys; function = pickle.loads(open({str(sent)!r}, 'rb').read());"
        f"print(function(bytearray({line('media', {'thumbnail.url': LIST})!r}))[3]);"
        "assert not [name for name in sys.modules if name.startswith('ingestion')]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    # THEN it cleans
    assert done.stdout.strip() == "['thumbnail_url']", done.stderr
