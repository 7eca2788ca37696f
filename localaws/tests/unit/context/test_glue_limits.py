"""Glue refuses what is beyond its documented limits, in its words."""

import pytest

from localaws.context.glue_limits import LimitError, refuse_beyond_limits

LONG = "x" * 256


def _table(**changes):
    return {"DatabaseName": "d", "TableInput": {"Name": "t", **changes}}


def _columns(**changes):
    return _table(StorageDescriptor={"Columns": [{"Name": "a"}, {"Name": "b", **changes}]})


def test_the_words_are_those_of_glue():
    with pytest.raises(LimitError) as refused:
        refuse_beyond_limits("CreateTable", _columns(Comment=LONG))
    assert str(refused.value) == (
        f"1 validation error detected: Value '{LONG}' at "
        "'table.storageDescriptor.columns.2.member.comment' failed to satisfy constraint: Member "
        "must have length less than or equal to 255"
    )


@pytest.mark.parametrize("operation", ["CreateTable", "UpdateTable"])
@pytest.mark.parametrize(
    ("request_", "place"),
    [
        (_table(Name=LONG), "'table.name'"),
        (_table(Name="a\nb"), "'table.name'"),
        (_table(Description="x" * 2049), "'table.description'"),
        (_table(Owner=LONG), "'table.owner'"),
        (_table(Retention=-1), "'table.retention'"),
        (_table(ViewOriginalText="x" * 409601), "'table.viewOriginalText'"),
        (_table(PartitionKeys=[{"Name": LONG}]), "'table.partitionKeys.1.member.name'"),
        (
            _table(Parameters={LONG: "v"}),
            "'table.parameters' failed to satisfy constraint: Map keys",
        ),
        (_table(Parameters={"k": "v" * 512001}), "Map value must satisfy constraint"),
        (_columns(Name=""), "'table.storageDescriptor.columns.2.member.name'"),
        (_columns(Type="x" * 131073), "columns.2.member.type"),
        (_columns(Comment="two\nlines"), "must satisfy regular expression pattern: [\\u0020-"),
        (_table(StorageDescriptor={"Location": "s" * 2057}), "'table.storageDescriptor.location'"),
        (
            _table(StorageDescriptor={"SerdeInfo": {"SerializationLibrary": LONG}}),
            "'table.storageDescriptor.serdeInfo.serializationLibrary'",
        ),
    ],
)
def test_a_table_beyond_a_limit_is_refused_by_its_member(operation, request_, place):
    with pytest.raises(LimitError) as refused:
        refuse_beyond_limits(operation, request_)
    assert place in str(refused.value)


@pytest.mark.parametrize(
    ("operation", "request_", "place"),
    [
        ("CreateDatabase", {"DatabaseInput": {"Name": LONG}}, "'database.name'"),
        (
            "UpdateDatabase",
            {"DatabaseInput": {"Name": "d", "LocationUri": ""}},
            "'database.locationUri'",
        ),
        (
            "CreatePartition",
            {"PartitionInput": {"Values": ["v" * 1025]}},
            "'partition.values.1.member'",
        ),
        (
            "BatchCreatePartition",
            {"PartitionInputList": [{"Values": ["v"]}] * 101},
            "'partitions' failed to satisfy constraint: Member must have length less than or equal to 100",
        ),
        ("GetPartitions", {"Expression": "x" * 2049}, "'expression'"),
        ("GetTables", {"MaxResults": 101}, "Member must have value less than or equal to 100"),
    ],
)
def test_other_operations_have_their_limits_too(operation, request_, place):
    with pytest.raises(LimitError) as refused:
        refuse_beyond_limits(operation, request_)
    assert place in str(refused.value)


def test_all_flaws_of_a_request_are_named():
    with pytest.raises(LimitError, match=r"^2 validation errors detected: .*; Value"):
        refuse_beyond_limits("CreateTable", _table(Name=LONG, Owner=LONG))


@pytest.mark.parametrize(
    "request_",
    [
        _table(Name="x" * 255, Description="two\r\nlines", Parameters={"k" * 255: ""}),
        _columns(Name="naïve 𝄞", Comment="x" * 255, Type="struct<a:int>"),
        _table(Name="𝄞" * 127),
        _table(Owner=None, PartitionKeys=[]),
    ],
)
def test_what_is_within_the_limits_passes(request_):
    refuse_beyond_limits("CreateTable", request_)


def test_a_text_is_measured_as_java_does():
    with pytest.raises(LimitError):
        refuse_beyond_limits("CreateTable", _table(Name="𝄞" * 128))
