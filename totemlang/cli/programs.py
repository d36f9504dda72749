"""A program file opened together with the data and metadata that were given for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from totemlang.cli.bindings import bound
from totemlang.cli.options import named, read_bytes, read_text
from totemlang.diagnostics import Diagnostic, ErrorClass, Refused, UsageError
from totemlang.source import Source, Span

if TYPE_CHECKING:
    from totemlang.data.file import DataFile
    from totemlang.program import Program
    from totemlang.schema.metadata import Metadata
    from totemlang.schema.policy import Policy
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook


@frozen
class Opened:
    """A program with its data and metadata by name in the program.

    `dataset` is the name of its data set (None: a script), `policy` that data set's.
    """

    program: Program
    data: dict[str, DataFile]
    metadata: dict[str, Metadata]
    dataset: str | None = None
    policy: Policy | None = None

    @property
    def name(self) -> str:
        """The program's file as it was given."""
        return self.program.source.name


def open_program(
    path: Path,
    rules: RuleBook,
    prices: PriceTable,
    data: Sequence[str] = (),
    metadata: Sequence[str] = (),
    policy: Path | None = None,
) -> Opened:
    """Open a source or a compiled program.

    A data set whose columns the program does not type is described, for the checker needs to know
    them; no other data is read here, only opened. Metadata files may stand among the data. The
    policy is that of the file, else the one that the data set's metadata carries.

    Raises:
        Refused: for a source that cannot be parsed so far as to know its data sets.
        UsageError: where data and program do not go together, or a file is not there.
        BadData: for data that cannot be read.
    """
    program, dataset, names, untyped = _read(path, rules, prices)
    paths = bound("--data", data, names)
    documents = bound("--metadata", metadata, names)
    for name in [name for name, spec in paths.items() if _is_document(spec)]:
        documents.setdefault(name, paths.pop(name))
    known = {name: read_metadata(Path(document)) for name, document in documents.items()}
    opened = _opened(paths)
    held_to = _policy(policy, documents.get(dataset or ""))
    missing = {name: opened[name] for name in untyped if name in opened and name not in known}
    known |= describe_all(missing, dataset, held_to)
    if untyped:
        program = _with_schemas(program, {name: known[name] for name in untyped if name in known})
    return Opened(program, opened, known, dataset, held_to)


def _opened(paths: dict[str, str]) -> dict[str, DataFile]:
    """The files, opened; where there are none, nothing heavy is imported to open them."""
    if not paths:
        return {}
    from totemlang.data.file import open_data

    return {name: open_data(spec) for name, spec in paths.items()}


def describe_all(
    data: dict[str, DataFile], dataset: str | None = None, policy: Policy | None = None
) -> dict[str, Metadata]:
    """The metadata of data sets, each read once from start to end; one of them has a policy."""
    if not data:
        return {}
    from totemlang.data.describe import describe

    return {
        name: describe(file, name, policy if name == dataset else None)
        for name, file in data.items()
    }


def _policy(file: Path | None, document: str | None) -> Policy | None:
    """The policy in a file, or that which metadata carries."""
    if file is None and document is None:
        return None
    from totemlang.schema.policy import carried_policy, policy_from_json

    if file is not None:
        with named(file):
            return policy_from_json(read_bytes(file))
    return carried_policy(read_bytes(Path(document or "")))


def read_metadata(path: Path) -> Metadata:
    """The metadata in a document.

    Raises:
        UsageError: if the file cannot be read.
        BadData: if it is no such document.
    """
    from totemlang.schema.metadata_json import metadata_from_json

    with named(path):
        return metadata_from_json(read_bytes(path))


def read_source(path: Path) -> Source:
    """The source in a file, `-` for standard input.

    Raises:
        UsageError: if it cannot be read.
        Refused: if it is not UTF-8 (SRC001).
    """
    return _source(read_bytes(path), _name(path))


@contextmanager
def speaking_of(path: Path) -> Iterator[None]:
    """Let findings that are about no source say which file they are about."""
    try:
        yield
    except Refused as refused:
        about = Source("", _name(path))
        raise Refused(
            tuple(
                evolve(found, source=about) if found.source == Source("") else found
                for found in refused.diagnostics
            )
        ) from None


def _source(content: bytes, name: str) -> Source:
    try:
        return Source(content.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        before = len(content[: error.start].decode("utf-8"))
        text = content.decode("utf-8", "replace")
        raise Refused(
            (
                Diagnostic(
                    "SRC001",
                    ErrorClass.SYNTAX,
                    "a source is UTF-8 text, and this byte is not",
                    Span(before, before + 1),
                    "save the file as UTF-8",
                    Source(text, name),
                ),
            )
        ) from None


def _read(
    path: Path, rules: RuleBook, prices: PriceTable
) -> tuple[Program, str | None, tuple[str, ...], tuple[str, ...]]:
    """The program, the name of its data set; those of that and of lookups; those without types."""
    from totemlang.bytecode.container import MAGIC
    from totemlang.program import ForeignProgram, Program

    content = read_bytes(path)
    if content.startswith(MAGIC):
        foreign = ForeignProgram(Source("", _name(path)), rules, prices, container=content)
        with speaking_of(path):
            module = foreign.module
        dataset = module.dataset.name if module.dataset else None
        names = [dataset] if dataset else []
        return foreign, dataset, (*names, *(lookup.name for lookup in module.lookups)), ()
    program = Program(_source(content, _name(path)), rules, prices)
    return program, _dataset(program), *declared(program)


def _dataset(program: Program) -> str | None:
    """The name of a source's data set, if it is a job."""
    from totemlang.syntax.tree import DatasetDefinition

    found = (item.name.text for item in program.tree.items if isinstance(item, DatasetDefinition))
    return next(found, None)


def declared(program: Program) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a source's data set and lookups, and those of them without types.

    Raises:
        Refused: for a source that cannot be parsed so far.
    """
    from totemlang.syntax.tree import DatasetDefinition, LookupDefinition

    datasets: list[str] = []
    lookups: list[str] = []
    untyped: list[str] = []
    for item in program.tree.items:
        if isinstance(item, DatasetDefinition):
            datasets.append(item.name.text)
        elif isinstance(item, LookupDefinition):
            lookups.append(item.name.text)
        else:
            continue
        columns = item.columns if isinstance(item, DatasetDefinition) else item.keys + item.columns
        if columns is None or any(column.type is None for column in columns):
            untyped.append(item.name.text)
    return (*datasets, *lookups), tuple(untyped)


def _with_schemas(program: Program, schemas: dict[str, Metadata]) -> Program:
    return evolve(program, schemas=schemas)


def _is_document(spec: str) -> bool:
    return spec.lower().endswith(".json") and "," not in spec


def _name(path: Path) -> str:
    return "<standard input>" if str(path) == "-" else str(path)


def sent_parameters(program: Program, given: Sequence[str], file: Path | None) -> dict[str, object]:
    """The parameters of a run by name, from `--params FILE` and, over it, `--param NAME=VALUE`.

    Raises:
        UsageError: where one is not written so, or the program has no such parameter.
        Refused: where the program is refused.
    """
    import json

    from totemlang.bytecode.module import GlobalKind
    from totemlang.data.parameters import read_text as read_value

    sent: dict[str, object] = {}
    if file is not None:
        try:
            found = json.loads(read_text(file))
        except (ValueError, RecursionError):
            raise UsageError(f"{file} is not JSON") from None
        if not isinstance(found, dict):
            raise UsageError(f"{file} must hold an object: parameters by name")
        sent |= found
    if not given:
        return sent
    program.accept()
    fields = {
        known.field.name: known.field
        for known in program.module.globals
        if known.kind is GlobalKind.PARAMETER
    }
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--param {text}: write NAME=VALUE")
        if name not in fields:
            has = ", ".join(sorted(fields)) or "none"
            raise UsageError(f"the program has no parameter {name!r} (it has: {has})")
        sent[name] = read_value(fields[name], value)
    return sent
