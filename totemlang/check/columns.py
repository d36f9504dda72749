"""Data sets and lookups: their columns as declared, held against what is published of the data."""

from __future__ import annotations

from collections.abc import Mapping

from totemlang.bytecode.module import Dataset, Lookup
from totemlang.check.context import World
from totemlang.check.declarations import conventional, once
from totemlang.check.matching import widens
from totemlang.check.typewords import declared_type
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import KEY_KINDS, Field, Type
from totemlang.syntax import tree
from totemlang.tables.operations import WHOLE

LONGEST_COLUMN = 200
"""Characters of a column's name; those that are written without quotes are shorter."""

KEY_HINT = "a key is bool, int, long, date, timestamp or string"


def dataset_of(
    world: World, node: tree.DatasetDefinition, schemas: Mapping[str, Metadata]
) -> Dataset | None:
    """The data set with its columns; None, with a finding, where a type is not known."""
    world.require("Dataset", node.span)
    conventional(world, node.name)
    published = schemas.get(node.name.text)
    if node.columns is None:
        return _all_columns(world, node, published)
    taken: dict[str, tree.Name] = {}
    fields = [_column(world, c, node.name.text, published, taken) for c in node.columns]
    known = tuple(f for f in fields if f is not None)
    return Dataset(node.name.text, known) if len(known) == len(fields) else None


def _all_columns(
    world: World, node: tree.DatasetDefinition, published: Metadata | None
) -> Dataset | None:
    if published is None:
        _no_types(world, node.name, node.name.text)
        return None
    for column in published.columns:
        world.require_kind(column.type.kind, node.span)
    fields = tuple(Field(c.name, c.type) for c in published.columns)
    return Dataset(node.name.text, fields)


def _no_types(world: World, name: tree.Name, table: str) -> None:
    message = f"the types of the columns of `{table}` are not known"
    hint = f"write them, `{table}(timestamp ts, double kwh)`, or give the data: `--data`"
    world.reporter.add("TYP114", name.span, message, hint)


def _column(
    world: World,
    node: tree.Parameter,
    table: str,
    published: Metadata | None,
    taken: dict[str, tree.Name],
) -> Field | None:
    """A column as declared, or as published where its type was left out."""
    once(world, taken, node.name, "column")
    if not (node.name.text.isprintable() and 1 <= len(node.name.text) <= LONGEST_COLUMN):
        message = f"the name of a column has 1 to {LONGEST_COLUMN} printable characters"
        world.reporter.add("NAM101", node.name.span, message)
    found = published.column(node.name.text) if published is not None else None
    if published is not None and found is None:
        near = world.suggestions.near(node.name.text, (c.name for c in published.columns))
        message = f"the data of `{table}` has no column `{node.name.text}`"
        world.reporter.add("NAM104", node.name.span, message, near)
    if node.type is None:
        if published is None:
            _no_types(world, node.name, table)
        elif found is not None:
            world.require_kind(found.type.kind, node.span)
        return Field(node.name.text, found.type) if found is not None else None
    at, constraint = declared_type(world, node.type)
    if at is None:
        return None
    if at.is_array:
        hint = "a row has one value a column"
        world.reporter.add("TYP115", node.span, "a column cannot hold arrays", hint)
        return None
    if found is not None:
        _held_against(world, node, at, found)
    return Field(node.name.text, at, constraint)


def _held_against(world: World, node: tree.Parameter, at: Type, found: ColumnMetadata) -> None:
    """Report a declared type that the published column cannot be read as."""
    name = node.name.text
    declared, given = at.element, found.type.element
    readable = widens(given, declared) or (given in WHOLE and declared in WHOLE)
    if not readable:
        message = f"`{name}` is {found.type} in the data, not {at}"
        world.reporter.add("TYP113", node.span, message, f"write `{found.type} {name}`")
    elif found.type.is_optional and not at.is_optional:
        message = f"`{name}` has missing values in the data"
        world.reporter.add("TYP113", node.span, message, f"write `{at}? {name}`")


def lookup_of_table(
    world: World, node: tree.LookupDefinition, schemas: Mapping[str, Metadata]
) -> Lookup | None:
    """The lookup with its key and columns; None, with a finding, where a type is not known."""
    world.require("Lookup", node.span)
    published = schemas.get(node.name.text)
    taken: dict[str, tree.Name] = {}
    table = node.name.text
    keys = [_column(world, part, table, published, taken) for part in node.keys]
    columns = [_column(world, column, table, published, taken) for column in node.columns]
    for part, key in zip(node.keys, keys, strict=True):
        if key is not None and (key.type.kind not in KEY_KINDS or key.type.is_optional):
            message = f"{key.type} cannot be the key of a lookup"
            world.reporter.add("TYP109", part.span, message, KEY_HINT)
    known_keys = tuple(k for k in keys if k is not None)
    known = tuple(c for c in columns if c is not None)
    if len(known_keys) < len(keys) or len(known) < len(columns):
        return None
    return Lookup(table, known_keys, known, node.span)
