"""Names the types of a parquet file as a crawler does."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """A column of the catalog."""

    name: str
    type: str


_BY_TYPE_ID = {
    pa.lib.Type_BOOL: "boolean",
    pa.lib.Type_INT8: "tinyint",
    pa.lib.Type_UINT8: "smallint",
    pa.lib.Type_INT16: "smallint",
    pa.lib.Type_UINT16: "int",
    pa.lib.Type_INT32: "int",
    pa.lib.Type_UINT32: "bigint",
    pa.lib.Type_INT64: "bigint",
    pa.lib.Type_UINT64: "decimal(20,0)",
    pa.lib.Type_HALF_FLOAT: "float",
    pa.lib.Type_FLOAT: "float",
    pa.lib.Type_DOUBLE: "double",
    pa.lib.Type_STRING: "string",
    pa.lib.Type_LARGE_STRING: "string",
    pa.lib.Type_BINARY: "binary",
    pa.lib.Type_LARGE_BINARY: "binary",
    pa.lib.Type_FIXED_SIZE_BINARY: "binary",
    pa.lib.Type_DATE32: "date",
    pa.lib.Type_DATE64: "date",
    pa.lib.Type_TIMESTAMP: "timestamp",
    pa.lib.Type_TIME32: "int",
    pa.lib.Type_TIME64: "bigint",
}


def glue_type(arrow: pa.DataType) -> str:
    """Give the catalog's name of an Arrow type, nested ones included.

    Raises
    ------
    ValueError
        The catalog has no such type.

    Examples
    --------
    >>> glue_type(pa.list_(pa.struct([("a", pa.int32())])))
    'array<struct<a:int>>'
    """
    if pa.types.is_dictionary(arrow):
        return glue_type(arrow.value_type)
    if pa.types.is_decimal(arrow):
        return f"decimal({arrow.precision},{arrow.scale})"
    if pa.types.is_map(arrow):
        return f"map<{glue_type(arrow.key_type)},{glue_type(arrow.item_type)}>"
    if (
        pa.types.is_list(arrow)
        or pa.types.is_large_list(arrow)
        or pa.types.is_fixed_size_list(arrow)
    ):
        return f"array<{glue_type(arrow.value_type)}>"
    if pa.types.is_struct(arrow):
        fields = ",".join(f"{field.name.lower()}:{glue_type(field.type)}" for field in arrow)
        return f"struct<{fields}>"
    try:
        return _BY_TYPE_ID[arrow.id]
    except KeyError:
        raise ValueError(f"the catalog has no type for {arrow}") from None


def columns_of(schema: pa.Schema) -> list[Column]:
    """Give the columns of a file; names are lower case, as the catalog keeps them."""
    return [Column(field.name.lower(), glue_type(field.type)) for field in schema]


def same_type(declared: str, found: str) -> bool:
    """Tell whether a file's type is the declared one, whatever the spaces and letter case.

    Text of a declared length is the same as text.
    """
    a, b = (name.lower().replace(" ", "") for name in (declared, found))
    if b == "string" and a.startswith(("varchar", "char(")):
        return True
    return a == b
