"""The rules table: which commands exist, and what the values of each type word are.

It is read before anything else. Taking a row out takes the command out of the language; adding a
Labelled row adds a type.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from attrs import field, frozen

from totemlang.diagnostics import ErrorClass, Refused
from totemlang.schema.types import Constraint, Kind
from totemlang.source import Source
from totemlang.tables.csvfile import Findings, Record, read_table
from totemlang.tables.domains import DomainError
from totemlang.tables.handlers import (
    BASE_COMMANDS,
    COMMAND_HANDLERS,
    LABELLED,
    LABELLED_HANDLERS,
    STRUCTURE_WORDS,
)
from totemlang.tables.operations import OPERATIONS
from totemlang.tables.resources import resource_text

HEADER = ("CMD", "Reaction", "CMD type", "Domain")

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_BASE_WORDS = frozenset(command.lower() for command in BASE_COMMANDS)
_KIND_WORDS = MappingProxyType({kind.value: kind for kind in Kind})
_TAKEN = frozenset({*OPERATIONS, *STRUCTURE_WORDS, "array"})


@frozen
class Rule:
    """A row of the table as it stands."""

    command: str
    reaction: str
    command_type: str
    domain: str

    @property
    def word(self) -> str:
        """How the command is written in a program."""
        return self.command.lower()


@frozen
class LabelledType:
    """A type word: the kind of its values and what bounds them."""

    word: str
    kind: Kind
    constraint: Constraint


@frozen
class RuleBook:
    """The rules in force. `name` says whose they are; `hash` pins what they say.

    `labelled` has the type words, `keywords` the words of all commands present.
    """

    name: str = field(eq=False)
    rows: tuple[Rule, ...]
    labelled: Mapping[str, LabelledType] = field(eq=False, repr=False)
    keywords: frozenset[str] = field(eq=False, repr=False)
    hash: str

    def allows(self, command: str) -> bool:
        """Whether the command is in the language, named as in the CMD column (`For`)."""
        return command.lower() in self.keywords


def load_rules(text: str, name: str) -> RuleBook:
    """Read a rules table; `name` says whose it is, for messages.

    Raises:
        Refused: with all that is wrong: a Reaction without handler (HND001), a handler used for
            what it does not handle (HND002), a domain that it does not know (HND003), a file that
            is no such table (CMD010), a CMD that is no name (CMD011), stands twice (CMD012) or is
            a word that has a meaning already (CMD013).
    """
    source = Source(text, name)
    records, findings = read_table(source, HEADER, "CMD010", ErrorClass.COMMAND)
    rows: list[Rule] = []
    labelled: dict[str, LabelledType] = {}
    words: set[str] = set()
    for record in records:
        rule = Rule(*record.cells)
        if not _named(rule, words, record, findings):
            continue
        words.add(rule.word)
        rows.append(rule)
        if rule.reaction in LABELLED_HANDLERS:
            typed = _labelled(rule, record, findings)
            if typed is not None:
                labelled[rule.word] = typed
        elif rule.reaction in COMMAND_HANDLERS:
            _command(rule, record, findings)
        else:
            findings.add(
                "HND001",
                ErrorClass.HANDLE,
                f"no handler for {rule.command}: the reaction {rule.reaction!r} does not exist",
                record.span,
                "a labelled type of numbers reacts with HandleNumber()",
            )
    if findings.found:
        raise Refused(tuple(findings.found))
    return RuleBook(name, tuple(rows), labelled, frozenset(words), _hash_of(rows))


@cache
def default_rules() -> RuleBook:
    """The rules that the package ships."""
    return load_rules(resource_text("rules", "rules.csv"), "rules.csv")


def _named(rule: Rule, words: set[str], record: Record, findings: Findings) -> bool:
    """Whether the CMD may be a command's name."""
    if not _WORD.fullmatch(rule.command):
        code, message = "CMD011", f"{rule.command!r} is not a name"
        hint = "a name is a letter, then letters, digits and `_`, at most 64 in all"
    elif rule.word in words:
        code, message, hint = "CMD012", f"{rule.command} stands in the table twice", ""
    elif rule.word in _TAKEN and rule.word not in _BASE_WORDS:
        what = "an operation" if rule.word in OPERATIONS else "a word of the language"
        code, message = "CMD013", f"`{rule.word}` is {what} already"
        hint = "call the type something else"
    else:
        return True
    findings.add(code, ErrorClass.COMMAND, message, record.span, hint)
    return False


def _labelled(rule: Rule, record: Record, findings: Findings) -> LabelledType | None:
    handler = LABELLED_HANDLERS[rule.reaction]
    own_kind = _KIND_WORDS.get(rule.word)
    if rule.word in _BASE_WORDS and own_kind not in handler.kinds:
        wrong = f"{rule.reaction} does not handle {rule.command}"
    elif rule.command_type != LABELLED:
        wrong = f"{rule.reaction} handles commands of the type {LABELLED}"
    else:
        try:
            kind, constraint = handler.domain(rule.domain, own_kind)
        except DomainError as error:
            message = f"{rule.reaction} does not know this domain of {rule.command}"
            findings.add("HND003", ErrorClass.HANDLE, message, record.span, str(error))
            return None
        if constraint.is_free and own_kind is not None:
            return LabelledType(rule.word, kind, Constraint())
        named = Constraint(
            word=rule.word,
            max_bytes=constraint.max_bytes,
            lower=constraint.lower,
            upper=constraint.upper,
        )
        return LabelledType(rule.word, kind, named)
    findings.add("HND002", ErrorClass.HANDLE, wrong, record.span)
    return None


def _command(rule: Rule, record: Record, findings: Findings) -> None:
    handler = COMMAND_HANDLERS[rule.reaction]
    if rule.word != handler.command.lower():
        message = f"{rule.reaction} handles {handler.command} and nothing else"
        findings.add("HND002", ErrorClass.HANDLE, message, record.span)
    elif rule.command_type != handler.command_type:
        message = f"{rule.command} is a command of the type {handler.command_type}"
        findings.add("HND002", ErrorClass.HANDLE, message, record.span)
    elif " ".join(rule.domain.split()) != handler.domain:
        message = f"{rule.reaction} does not know this domain of {rule.command}"
        hint = f"its domain is `{handler.domain}`"
        findings.add("HND003", ErrorClass.HANDLE, message, record.span, hint)


def _hash_of(rows: list[Rule]) -> str:
    """SHA-256 over what the rows say: their order, and the case of CMD, say nothing."""
    said = sorted(
        [rule.word, rule.reaction, rule.command_type, " ".join(rule.domain.split())]
        for rule in rows
    )
    text = json.dumps(["totem rules 1", said], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
