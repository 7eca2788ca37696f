"""The declared fields of every stream, from `privacy.csv` and `schemas.py`.

Every name is read in `snake_case` and in `camelCase`, at the top level and inside objects: Wistia's
documents of different months, and v1, spell them differently.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from ingestion.normalize import masking, privacy
from ingestion.normalize.declared import Declaration, Node
from ingestion.normalize.privacy import FieldRule
from ingestion.normalize.schemas import (
    EARLIEST_DATE,
    LARGEST_DOUBLE,
    LATEST_DATE,
    TABLES,
    Column,
    Table,
)
from ingestion.spelling import camel, snake

# The envelope as the landing zone writes it; its other fields describe the request.
META_KINDS = {
    "run_id": "string",
    "page": "int",
    "position": "int",
    "ingested_at": "timestamp",
    "media_id": "string",
}

# A record in v1 names some objects differently. If both are there, the modern one counts.
_OLDER_NAMES = {"project": "folder"}
_OLDER_RANK = 10

# The kinds that do not follow from a column, by stream and path.
_KINDS = {
    ("media", "tags"): "objects",
    ("media", "assets"): "objects",
    ("media", "assets.file_size"): "bigint",
    ("media", "assets.width"): "int",
    ("media", "assets.height"): "int",
    ("media_engagement", "engagement_data"): "numbers",
    ("media_engagement", "rewatch_data"): "numbers",
    ("media_daily_stats", "date"): "day",
}

# Buckets are days in the account's time zone, which Wistia does not name. This long after the start
# of a bucket, the UTC date is the account's own from UTC-10 to UTC+13:45. If a zone crossed a limit
# when its clocks change, two days would get one date, and one of them would be lost: Auckland
# crosses UTC+12, Chatham UTC+13, Adak UTC-10. No zone crosses these limits.
ACCOUNT_DAY_SHIFT = timedelta(hours=13, minutes=45)

# The timestamp whose UTC date is the partition, or the day as written, and the shift added to it
# before.
_DATES = {
    "events": ("received_at", timedelta(0)),
    "media_daily_stats": ("date", timedelta(0)),
    "media_analytics": ("timestamp", ACCOUNT_DAY_SHIFT),
}

_LISTS = ("objects", "numbers")
_PARSED = ("timestamp", "double", "bigint", "int", "boolean")


def derived_flags(table: Table) -> tuple[str, ...]:
    """Return the boolean columns that say whether a field was present."""
    return tuple(c.name for c in table.columns if c.type == "boolean" and not c.field)


@cache
def leaves(stream: str) -> dict[str, Node]:
    """Return the fields of a stream that fill columns, by their declared path."""
    found: dict[str, Node] = {}

    def visit(node: Node) -> None:
        if node.kind == "object":
            for _, part in node.parts.values():
                visit(part)
        elif node.kind != "drop":
            found.setdefault(node.path, node)

    visit(record(stream))
    return found


@cache
def dropped_parts(stream: str) -> dict[str, tuple[str, ...]]:
    """Return, by object, the declared parts that fill no column, in every spelling."""
    objects = {node.path: node for _, node in record(stream).parts.values()}
    return {
        path: tuple(name for name, (_, part) in node.parts.items() if part.kind == "drop")
        for path, node in objects.items()
    }


def declared_paths(stream: str) -> tuple[str, ...]:
    """Return the paths of the fields that fill columns, and of the objects around them."""
    paths = leaves(stream)
    outer = {path.rpartition(".")[0] for path in paths} | {path.partition(".")[0] for path in paths}
    return tuple(sorted({*paths, *outer} - {""}))


def must_be_cleaned(stream: str) -> bool:
    """Return whether Spark's reader cannot recognize that a line of a stream is as declared.

    It does not see undeclared parts in the elements of a list or in an object within an object.
    """
    return any(node.kind in _LISTS or path.count(".") > 1 for path, node in leaves(stream).items())


@cache
def plain_names(stream: str) -> frozenset[str]:
    """Return the top-level names of a record that Spark's reader reads or may skip."""
    return frozenset(privacy.known_fields(stream)) - _OLDER_NAMES.keys()


@cache
def record(stream: str) -> Node:
    """Return the declared record of a stream."""
    root = Node("", "object")
    for rule in privacy.field_rules():
        if rule.stream == stream:
            _add(root, rule)
    return _completed(root)


def declaration(table: Table, as_of: datetime) -> Declaration:
    """Return the declaration of a table's stream for a run."""
    sources: dict[str, str] = {}
    for path, node in leaves(table.name).items():
        for column in node.columns:
            sources.setdefault(column, path)
    meta = Node("_meta", "object")
    for name, kind in META_KINDS.items():
        meta.parts[name] = (0, Node(f"_meta.{name}", kind))
    for name in ("stream", "request", "window_start", "window_end", "api_version"):
        meta.parts[name] = (0, Node(f"_meta.{name}", "drop"))
    date = _DATES.get(table.name)
    return Declaration(
        meta=meta,
        record=record(table.name),
        columns=tuple(column.name for column in table.columns if not column.required),
        essential=tuple(
            (column.name, column.field or sources[column.name])
            for column in table.columns
            if column.required
        ),
        has_length=any(column.name == "page_count" for column in table.columns),
        date_column=table.partition_column,
        date_path=date[0] if date else None,
        date_shift=date[1] if date else timedelta(0),
        earliest=datetime.fromisoformat(EARLIEST_DATE).replace(tzinfo=UTC),
        latest=datetime.fromisoformat(LATEST_DATE).replace(tzinfo=UTC),
        as_of=as_of,
    )


def _add(root: Node, rule: FieldRule) -> None:
    """Add a field to the tree, in both spellings, with the objects around it."""
    holder, path = root, ""
    *outer, last = rule.field.split(".")
    for name in outer:
        older = _OLDER_NAMES.get(name)
        path = _joined(path, older or name)
        kind = _KINDS.get((rule.stream, path), "object")
        holder = _put(holder, name, Node(path, kind), _OLDER_RANK if older else 0)
    _put(holder, last, _leaf(rule, _joined(path, snake(last))), 0)


def _put(holder: Node, name: str, node: Node, rank: int) -> Node:
    for spelling, own_rank in ((snake(name), 0), (camel(snake(name)), 1)):
        holder.parts.setdefault(spelling, (rank + own_rank, node))
    return holder.parts[snake(name)][1]


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _leaf(rule: FieldRule, path: str) -> Node:
    if rule.treatment == "drop":
        return Node(path, "drop", is_private=True, is_personal=masking.sounds_personal(path))
    table = TABLES[rule.stream]
    declared = {column.name: column for column in table.columns}
    column = _column([declared[name] for name in rule.columns if name in declared])
    kind = _KINDS.get((rule.stream, path), column.type if column else "string")
    maximum = column.maximum if column else None
    return Node(
        path,
        kind,
        rule.columns,
        is_private=rule.treatment != "keep",
        is_personal=rule.treatment != "keep",
        is_verbatim=column is not None and column.verbatim,
        is_flag=any(name in derived_flags(table) for name in rule.columns),
        minimum=column.minimum if column else None,
        maximum=LARGEST_DOUBLE if maximum is None and kind == "double" else maximum,
        tolerance=column.tolerance if column else 0,
    )


def _column(columns: list[Column]) -> Column | None:
    """Return the column with the type of the field; of several, one that is not a text."""
    read = [column for column in columns if column.field]
    return next((column for column in read if column.type in _PARSED), read[0] if read else None)


def _completed(node: Node) -> Node:
    """Return the tree with each object's columns, and whether a part is private or a flag."""
    if not node.parts:
        return node
    done: dict[int, Node] = {}
    parts = {
        name: (rank, done.setdefault(id(part), _completed(part)))
        for name, (rank, part) in node.parts.items()
    }
    inner = {id(part): part for _, part in parts.values()}.values()
    return replace(
        node,
        columns=tuple(dict.fromkeys(column for part in inner for column in part.columns)),
        is_private=bool(node.path) and any(part.is_private and part.columns for part in inner),
        is_flag=bool(node.path) and any(part.is_flag for part in inner),
        parts=parts,
    )
