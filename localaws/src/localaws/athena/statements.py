"""What a statement asks for, after parsing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

PropertyValue = str | int | float | bool | list[str]


@dataclass(frozen=True)
class Name:
    """A table's or view's name, lower-case; parts that were not typed are None."""

    table: str
    database: str | None = None
    catalog: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of a DDL statement, its type in Hive's words."""

    name: str
    type: str
    comment: str | None = None


@dataclass(frozen=True)
class Statement:
    """Any statement, with the two names that GetQueryExecution gives it."""

    type: ClassVar[str] = "DDL"
    subtype: ClassVar[str] = ""


# ── run by the engine ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class EngineStatement(Statement):
    """Run by Trino as it was typed."""

    sql: str
    kind: str
    target: Name | None = None
    """What INSERT, UPDATE, DELETE and MERGE write."""
    type: ClassVar[str] = "DML"

    @property
    def returns_rows(self) -> bool:
        """Whether the result is rows and not a count."""
        return self.kind not in {"INSERT", "UPDATE", "DELETE", "MERGE"}


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN [ANALYZE]: the plan as text."""

    sql: str
    type: ClassVar[str] = "DML"
    subtype: ClassVar[str] = "EXPLAIN"


@dataclass(frozen=True)
class CreateTableAs(Statement):
    """CREATE TABLE … AS."""

    name: Name
    if_not_exists: bool
    properties: Mapping[str, PropertyValue]
    query: str
    comment: str | None = None
    column_names: tuple[str, ...] = ()
    subtype: ClassVar[str] = "CREATE_TABLE_AS_SELECT"


@dataclass(frozen=True)
class CreateView(Statement):
    """CREATE [OR REPLACE] VIEW."""

    name: Name
    or_replace: bool
    query: str
    subtype: ClassVar[str] = "CREATE_VIEW"


@dataclass(frozen=True)
class Unload(Statement):
    """UNLOAD (query) TO location."""

    query: str
    location: str
    properties: Mapping[str, PropertyValue]
    type: ClassVar[str] = "DML"
    subtype: ClassVar[str] = "UNLOAD"


@dataclass(frozen=True)
class Prepare(Statement):
    """PREPARE name FROM statement."""

    name: str
    sql: str
    subtype: ClassVar[str] = "PREPARE"


@dataclass(frozen=True)
class Execute(Statement):
    """EXECUTE name [USING parameters]."""

    name: str
    parameters: tuple[str, ...]
    type: ClassVar[str] = "DML"
    subtype: ClassVar[str] = "EXECUTE"


@dataclass(frozen=True)
class Deallocate(Statement):
    """DEALLOCATE PREPARE name."""

    name: str
    subtype: ClassVar[str] = "DEALLOCATE"


@dataclass(frozen=True)
class Optimize(Statement):
    """OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE predicate]."""

    name: Name
    where: str | None
    type: ClassVar[str] = "DML"
    subtype: ClassVar[str] = "OPTIMIZE"


@dataclass(frozen=True)
class Vacuum(Statement):
    """VACUUM table."""

    name: Name
    type: ClassVar[str] = "DML"
    subtype: ClassVar[str] = "VACUUM"


# ── done on the catalog ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class CreateDatabase(Statement):
    """CREATE DATABASE | SCHEMA."""

    name: str
    if_not_exists: bool
    comment: str | None
    location: str | None
    properties: Mapping[str, str]
    subtype: ClassVar[str] = "CREATE_DATABASE"


@dataclass(frozen=True)
class DropDatabase(Statement):
    """DROP DATABASE | SCHEMA."""

    name: str
    if_exists: bool
    cascade: bool
    subtype: ClassVar[str] = "DROP_DATABASE"


@dataclass(frozen=True)
class AlterDatabase(Statement):
    """ALTER DATABASE | SCHEMA … SET DBPROPERTIES."""

    name: str
    properties: Mapping[str, str]
    subtype: ClassVar[str] = "ALTER_DATABASE"


@dataclass(frozen=True)
class Storage:
    """ROW FORMAT and STORED AS of a CREATE TABLE.

    ``serde_properties`` is WITH SERDEPROPERTIES, or what ROW FORMAT DELIMITED said in those words.
    """

    serde: str | None = None
    serde_properties: Mapping[str, str] = field(default_factory=dict)
    stored_as: str | None = None
    input_format: str | None = None
    output_format: str | None = None


@dataclass(frozen=True)
class CreateTable(Statement):
    """CREATE [EXTERNAL] TABLE without AS."""

    name: Name
    external: bool
    if_not_exists: bool
    columns: tuple[Column, ...]
    comment: str | None
    partitioned_by: tuple[Column, ...]
    transforms: tuple[str, ...]
    """PARTITIONED BY without types: Iceberg's transforms."""
    bucketed_by: tuple[str, ...]
    bucket_count: int | None
    storage: Storage
    location: str | None
    properties: Mapping[str, str]
    subtype: ClassVar[str] = "CREATE_TABLE"

    @property
    def is_iceberg(self) -> bool:
        """Whether the properties ask for an Iceberg table."""
        return self.properties.get("table_type", "").lower() == "iceberg"


@dataclass(frozen=True)
class DropTable(Statement):
    """DROP TABLE."""

    name: Name
    if_exists: bool
    subtype: ClassVar[str] = "DROP_TABLE"


@dataclass(frozen=True)
class DropView(Statement):
    """DROP VIEW."""

    name: Name
    if_exists: bool
    subtype: ClassVar[str] = "DROP_VIEW"


@dataclass(frozen=True)
class AlterTable(Statement):
    """Any ALTER TABLE."""

    name: Name
    subtype: ClassVar[str] = "ALTER_TABLE"


@dataclass(frozen=True)
class AddColumns(AlterTable):
    """ADD COLUMNS."""

    columns: tuple[Column, ...]


@dataclass(frozen=True)
class ReplaceColumns(AlterTable):
    """REPLACE COLUMNS."""

    columns: tuple[Column, ...]


@dataclass(frozen=True)
class ChangeColumn(AlterTable):
    """CHANGE COLUMN old new type [COMMENT] [FIRST | AFTER column]."""

    old_name: str
    column: Column
    first: bool = False
    after: str | None = None


@dataclass(frozen=True)
class DropColumn(AlterTable):
    """DROP COLUMN."""

    column: str


@dataclass(frozen=True)
class PartitionSpec:
    """``(key = value, …)`` with an optional location."""

    values: Mapping[str, str]
    location: str | None = None


@dataclass(frozen=True)
class PartitionCondition:
    """One comparison of DROP PARTITION."""

    key: str
    operator: str
    value: str


@dataclass(frozen=True)
class AddPartitions(AlterTable):
    """ADD [IF NOT EXISTS] PARTITION."""

    if_not_exists: bool
    partitions: tuple[PartitionSpec, ...]


@dataclass(frozen=True)
class DropPartitions(AlterTable):
    """DROP [IF EXISTS] PARTITION."""

    if_exists: bool
    partitions: tuple[tuple[PartitionCondition, ...], ...]


@dataclass(frozen=True)
class RenamePartition(AlterTable):
    """PARTITION … RENAME TO PARTITION …."""

    old: PartitionSpec
    new: PartitionSpec


@dataclass(frozen=True)
class SetLocation(AlterTable):
    """[PARTITION …] SET LOCATION."""

    location: str
    partition: PartitionSpec | None


@dataclass(frozen=True)
class SetProperties(AlterTable):
    """SET TBLPROPERTIES."""

    properties: Mapping[str, str]


@dataclass(frozen=True)
class UnsetProperties(AlterTable):
    """UNSET TBLPROPERTIES."""

    keys: tuple[str, ...]
    if_exists: bool


@dataclass(frozen=True)
class RenameTable(AlterTable):
    """RENAME TO."""

    new_name: Name


@dataclass(frozen=True)
class RepairTable(Statement):
    """MSCK REPAIR TABLE."""

    name: Name
    subtype: ClassVar[str] = "MSCK_REPAIR_TABLE"


@dataclass(frozen=True)
class Describe(Statement):
    """DESCRIBE [EXTENDED | FORMATTED] table [PARTITION …] [column]."""

    name: Name
    mode: str | None
    partition: PartitionSpec | None
    column: str | None
    type: ClassVar[str] = "UTILITY"
    subtype: ClassVar[str] = "DESCRIBE_TABLE"


@dataclass(frozen=True)
class Show(Statement):
    """Any SHOW that the catalog answers.

    Attributes
    ----------
    what
        ``DATABASES``, ``TABLES``, ``VIEWS``, ``COLUMNS``, ``PARTITIONS``, ``CREATE TABLE``,
        ``CREATE VIEW``, ``TBLPROPERTIES``.
    name
        Table or view, where one is named.
    database
        IN or FROM a database.
    pattern
        LIKE, or the bare regular expression of SHOW TABLES.
    key
        The one property of SHOW TBLPROPERTIES.
    """

    what: str
    name: Name | None = None
    database: str | None = None
    pattern: str | None = None
    key: str | None = None
    partition: PartitionSpec | None = None
    type: ClassVar[str] = "UTILITY"

    @property
    def show_subtype(self) -> str:
        """Its SubstatementType."""
        return f"SHOW_{self.what.replace(' ', '_')}"
