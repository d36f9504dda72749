"""The handlers that a Reaction in the rules may name: what a command of each sort is.

A handler of a control, stage or declaration command handles exactly one command and has one
domain. A handler of labelled types handles as many words as the rules add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from attrs import frozen

from totemlang.schema.types import Constraint, Kind
from totemlang.tables.domains import fixed_domain, number_domain, string_domain

LABELLED = "Labelled"


@frozen
class LabelledHandler:
    """Handles type words. `domain` reads the Domain cell: the kind and what bounds its values.

    It is given the kind where the word is one of the language's own, else None.
    """

    kinds: frozenset[Kind]
    domain: Callable[[str, Kind | None], tuple[Kind, Constraint]]


@frozen
class CommandHandler:
    """Handles one command of the language, with its CMD type and domain as they stand."""

    command: str
    command_type: str
    domain: str


def _fixed(kind: Kind) -> LabelledHandler:
    return LabelledHandler(frozenset({kind}), lambda domain, _: (kind, fixed_domain(kind, domain)))


LABELLED_HANDLERS: Mapping[str, LabelledHandler] = MappingProxyType(
    {
        "HandleNumber()": LabelledHandler(
            frozenset({Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DOUBLE}), number_domain
        ),
        "HandleBoolean()": _fixed(Kind.BOOL),
        "HandleDate()": _fixed(Kind.DATE),
        "HandleTimestamp()": _fixed(Kind.TIMESTAMP),
        "HandleDuration()": _fixed(Kind.DURATION),
        "HandleString()": LabelledHandler(
            frozenset({Kind.STRING}), lambda domain, _: (Kind.STRING, string_domain(domain))
        ),
    }
)

COMMAND_HANDLERS: Mapping[str, CommandHandler] = MappingProxyType(
    {
        "HandleForLoop()": CommandHandler("For", "Control Statement", "Labelled Type Vars"),
        "HandleWhileLoop()": CommandHandler("While", "Control Statement", "Labelled Type Vars"),
        "HandleBreak()": CommandHandler("Break", "Control Statement", "Loops"),
        "HandleContinue()": CommandHandler("Continue", "Control Statement", "Loops"),
        "HandleIf()": CommandHandler("If", "Conditional Statement", "Labelled Type Vars"),
        "HandleMap()": CommandHandler("Map", "Stage", "Rows"),
        "HandleReduce()": CommandHandler("Reduce", "Stage", "Groups"),
        "HandleMerge()": CommandHandler("Merge", "Stage", "Providers"),
        "HandleEmit()": CommandHandler("Emit", "Stage", "Rows"),
        "HandleFunction()": CommandHandler("Function", "Declaration", "Labelled Type Vars"),
        "HandleReturn()": CommandHandler("Return", "Declaration", "Labelled Type Vars"),
        "HandleDataset()": CommandHandler("Dataset", "Declaration", "Columns"),
        "HandleLookup()": CommandHandler("Lookup", "Declaration", "Columns"),
        "HandleParam()": CommandHandler("Param", "Declaration", "Labelled Type Vars"),
    }
)

COMMAND_OF_KIND: Mapping[Kind, str] = MappingProxyType(
    {kind: kind.value.capitalize() for kind in Kind}
)
"""The command that allows a kind of scalar: `Int` for int."""

BASE_COMMANDS = frozenset(
    {*COMMAND_OF_KIND.values(), *(handler.command for handler in COMMAND_HANDLERS.values())}
)
"""The commands of the language as shipped; rules may take them out, and add labelled types."""

STRUCTURE_WORDS = frozenset(
    {"do", "then", "else", "end", "limit", "in", "as", "order", "by", "desc"}
    | {"and", "or", "not", "true", "false"}
)
"""Words of the language that are parts of commands or of expressions."""
