"""Athena's DDL: Hive's language, read by recursive descent."""

from localaws.athena.errors import MALFORMED_QUERY, InvalidRequestError
from localaws.athena.hive_alter_parser import alter_table, partition_spec, properties
from localaws.athena.hive_types import column_list
from localaws.athena.statements import (
    AlterDatabase,
    Column,
    CreateDatabase,
    CreateTable,
    Describe,
    DropDatabase,
    DropTable,
    DropView,
    RepairTable,
    Show,
    Statement,
    Storage,
)
from localaws.athena.token_stream import TokenStream
from localaws.athena.tokens import Kind, Language


def parse(sql: str) -> Statement:
    """Parse a DDL statement.

    Raises
    ------
    InvalidRequestError
        A syntax error, in the words of Athena's parser.
    """
    stream = TokenStream(sql, Language.HIVE)
    verb = stream.expect_any("ALTER", "CREATE", "DESC", "DESCRIBE", "DROP", "MSCK", "SHOW")
    statement = {
        "ALTER": _alter,
        "CREATE": _create,
        "DESC": _describe,
        "DESCRIBE": _describe,
        "DROP": _drop,
        "MSCK": _repair,
        "SHOW": _show,
    }[verb](stream)
    stream.end()
    return statement


def drop(stream: TokenStream) -> Statement:
    """Parse a DROP; only DROP VIEW has Trino's quoting."""
    if not stream.peek(1).is_word("VIEW"):
        return parse(stream.sql)
    stream.expect("DROP", "VIEW")
    if_exists = stream.accept("IF", "EXISTS")
    name = stream.name()
    stream.end()
    return DropView(name, if_exists)


def _alter(stream: TokenStream) -> Statement:
    if stream.accept_any("DATABASE", "SCHEMA"):
        name = stream.identifier()
        stream.expect("SET", "DBPROPERTIES")
        return AlterDatabase(name, properties(stream))
    stream.expect("TABLE")
    return alter_table(stream)


def _drop(stream: TokenStream) -> Statement:
    if stream.expect_any("DATABASE", "SCHEMA", "TABLE", "VIEW") == "TABLE":
        if_exists = stream.accept("IF", "EXISTS")
        return DropTable(stream.name(), if_exists)
    if_exists = stream.accept("IF", "EXISTS")
    name = stream.identifier()
    if stream.accept_symbol("."):
        name = stream.identifier()
    cascade = stream.accept_any("CASCADE", "RESTRICT") == "CASCADE"
    return DropDatabase(name, if_exists, cascade)


def _repair(stream: TokenStream) -> Statement:
    stream.expect("REPAIR", "TABLE")
    return RepairTable(stream.name())


def _describe(stream: TokenStream) -> Statement:
    mode = stream.accept_any("EXTENDED", "FORMATTED")
    name = stream.name()
    partition = partition_spec(stream) if stream.accept("PARTITION") else None
    token = stream.peek()
    column = stream.identifier() if token.kind in {Kind.WORD, Kind.IDENTIFIER} else None
    return Describe(name, mode, partition, column)


def _show(stream: TokenStream) -> Statement:
    what = stream.accept_any(
        "DATABASES",
        "SCHEMAS",
        "TABLES",
        "VIEWS",
        "COLUMNS",
        "PARTITIONS",
        "CREATE",
        "TBLPROPERTIES",
    )
    if what is None:
        raise stream.unexpected()
    if what in {"DATABASES", "SCHEMAS"}:
        return Show("DATABASES", pattern=_pattern(stream))
    if what in {"TABLES", "VIEWS"}:
        database = stream.identifier() if stream.accept_any("IN", "FROM") else None
        return Show(what, database=database, pattern=_pattern(stream))
    if what == "COLUMNS":
        stream.expect_any("IN", "FROM")
        name = stream.name()
        database = stream.identifier() if stream.accept_any("IN", "FROM") else None
        return Show(what, name=name, database=database)
    if what == "PARTITIONS":
        name = stream.name()
        partition = partition_spec(stream) if stream.accept("PARTITION") else None
        return Show(what, name=name, partition=partition)
    if what == "CREATE":
        stream.expect("TABLE")
        return Show("CREATE TABLE", name=stream.name())
    name = stream.name()
    key = None
    if stream.accept_symbol("("):
        key = stream.string()
        stream.expect_symbol(")")
    return Show(what, name=name, key=key)


def _pattern(stream: TokenStream) -> str | None:
    if stream.accept("LIKE") or stream.peek().kind is Kind.STRING:
        return stream.string()
    return None


def _create(stream: TokenStream) -> Statement:
    word = stream.expect_any("EXTERNAL", "TABLE", "DATABASE", "SCHEMA")
    if word in {"DATABASE", "SCHEMA"}:
        return _create_database(stream)
    if word == "EXTERNAL":
        stream.expect("TABLE")
    return _create_table(stream, external=word == "EXTERNAL")


def _create_database(stream: TokenStream) -> Statement:
    if_not_exists = stream.accept("IF", "NOT", "EXISTS")
    name = stream.identifier()
    comment = stream.string() if stream.accept("COMMENT") else None
    location = stream.string() if stream.accept("LOCATION") else None
    parameters = properties(stream) if stream.accept("WITH", "DBPROPERTIES") else {}
    return CreateDatabase(name, if_not_exists, comment, location, parameters)


def _create_table(stream: TokenStream, *, external: bool) -> Statement:
    if_not_exists = stream.accept("IF", "NOT", "EXISTS")
    name = stream.name()
    columns: tuple[Column, ...] = ()
    if stream.peek().is_symbol("("):
        columns = column_list(stream)
    comment = stream.string() if stream.accept("COMMENT") else None
    partitioned_by: tuple[Column, ...] = ()
    transforms: tuple[str, ...] = ()
    if stream.accept("PARTITIONED", "BY"):
        partitioned_by, transforms = _partitioned_by(stream)
    bucketed_by, bucket_count = _clustered_by(stream)
    storage = _storage(stream)
    location = stream.string() if stream.accept("LOCATION") else None
    parameters = properties(stream) if stream.accept("TBLPROPERTIES") else {}
    statement = CreateTable(
        name=name,
        external=external,
        if_not_exists=if_not_exists,
        columns=columns,
        comment=comment,
        partitioned_by=partitioned_by,
        transforms=transforms,
        bucketed_by=bucketed_by,
        bucket_count=bucket_count,
        storage=storage,
        location=location,
        properties=parameters,
    )
    stream.end()
    _refuse_unplaced(statement)
    return statement


def _refuse_unplaced(statement: CreateTable) -> None:
    """Refuse, as StartQueryExecution does, a table that Athena would not know where to put."""
    if not statement.location:
        raise InvalidRequestError(
            "No location was specified for table. An S3 location must be specified",
            MALFORMED_QUERY,
        )
    if not statement.external and not statement.is_iceberg:
        raise InvalidRequestError("External keyword required for table type HIVE", MALFORMED_QUERY)


def _partitioned_by(stream: TokenStream) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Read Hive's ``(name type, …)`` or Iceberg's ``(name, bucket(16, name), …)``."""
    has_types = stream.peek(2).kind is Kind.WORD and not stream.peek(2).is_word("COMMENT")
    if has_types:
        return column_list(stream), ()
    transforms: list[str] = []
    stream.expect_symbol("(")
    while True:
        term = stream.identifier()
        if stream.peek().is_symbol("("):
            term += f"({stream.balanced().replace('`', '').strip()})"
        transforms.append(term)
        if not stream.accept_symbol(","):
            break
    stream.expect_symbol(")")
    return (), tuple(transforms)


def _clustered_by(stream: TokenStream) -> tuple[tuple[str, ...], int | None]:
    if not stream.accept("CLUSTERED", "BY"):
        return (), None
    stream.expect_symbol("(")
    columns = [stream.identifier()]
    while stream.accept_symbol(","):
        columns.append(stream.identifier())
    stream.expect_symbol(")")
    stream.expect("INTO")
    count = stream.integer()
    stream.expect("BUCKETS")
    return tuple(columns), count


_DELIMITERS = (
    (("FIELDS", "TERMINATED", "BY"), "field.delim"),
    (("ESCAPED", "BY"), "escape.delim"),
    (("COLLECTION", "ITEMS", "TERMINATED", "BY"), "collection.delim"),
    (("MAP", "KEYS", "TERMINATED", "BY"), "mapkey.delim"),
    (("LINES", "TERMINATED", "BY"), "line.delim"),
    (("NULL", "DEFINED", "AS"), "serialization.null.format"),
)


def _storage(stream: TokenStream) -> Storage:
    serde: str | None = None
    serde_properties: dict[str, str] = {}
    if stream.accept("ROW", "FORMAT"):
        if stream.expect_any("SERDE", "DELIMITED") == "SERDE":
            serde = stream.string()
        else:
            serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
            serde_properties = _delimited(stream)
    if stream.accept("WITH", "SERDEPROPERTIES"):
        serde_properties |= properties(stream)
    stored_as = input_format = output_format = None
    if stream.accept("STORED", "AS"):
        if stream.accept("INPUTFORMAT"):
            input_format = stream.string()
            stream.expect("OUTPUTFORMAT")
            output_format = stream.string()
        else:
            token = stream.take()
            if token.kind is not Kind.WORD:
                raise InvalidRequestError("STORED AS needs a format, such as PARQUET")
            stored_as = token.text.upper()
    return Storage(serde, serde_properties, stored_as, input_format, output_format)


def _delimited(stream: TokenStream) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        for words, key in _DELIMITERS:
            if stream.accept(*words):
                found[key] = stream.string()
                break
        else:
            break
    if "field.delim" in found:
        found["serialization.format"] = found["field.delim"]
    return found
