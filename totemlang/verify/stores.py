"""What the verifier demands of instructions that store: who may, and that storing is charged.

`assign` charges and stores what is plain; `set` is free and stores what an operation has paid for.
Were they interchangeable, bytecode could store for nothing.
"""

from __future__ import annotations

from totemlang.schema.types import LONG, Type
from totemlang.verify.passed import keeps_to
from totemlang.verify.stack import Entry, Role
from totemlang.verify.walk import Effect, Region, Walk


def store(walk: Walk) -> Effect:
    """`assign` and `set`: a value into a slot."""
    (entry,) = walk.take(walk.at)
    _expect_charged(walk, entry, "assign", "set")
    walk.expect_slot(walk.immediate, walk.at)
    walk.expect_writable(walk.immediate)
    if not _counts(walk):
        _expect_domain(walk, entry)
    walk.statement()
    return Effect((walk.at,))


def _counts(walk: Walk) -> bool:
    """Whether it stores the variable of a `for`, which is of no declared type."""
    following = walk.near(1)
    return walk.region is Region.FOR_STEP or (
        following is not None
        and following.operation == "for"
        and following.immediates == walk.instruction.immediates
    )


def _expect_domain(walk: Walk, entry: Entry) -> None:
    """Where the rules bound every type of a kind, what is stored keeps to one of them."""
    domains = walk.scope.domains.get(walk.at.kind, ())
    if domains and not any(keeps_to(walk.scope, entry, walk.at, one) for one in domains):
        walk.fault("BYT138", "it has not passed the checks of a type that the rules have")


def store_element(walk: Walk) -> Effect:
    """`assign_element` and `set_element`: a value into a place of the array in a slot."""
    _, entry = walk.take(LONG, walk.at)
    _expect_charged(walk, entry, "assign_element", "set_element")
    _expect_array(walk, walk.at)
    _expect_domain(walk, entry)
    walk.statement()
    return Effect((LONG, walk.at))


def take_element(walk: Walk) -> Effect:
    """The place and, above it, the element: for one update of the same slot alone."""
    (index,) = walk.take(LONG)
    _expect_array(walk, walk.at)
    walk.statement()
    slot = walk.immediate
    walk.push(Entry(walk.at, role=Role.PLACE, slot=slot))
    walk.push(Entry(walk.at, role=Role.TAKEN, slot=slot, depth=index.depth + 1))
    return Effect((LONG,), walk.at, walk.at)


def put_element(walk: Walk) -> Effect:
    """The new value of an element into the place that `take_element` of the same slot left."""
    place, value = walk.take_any(2)
    roles = place.role is Role.PLACE and value.role is Role.UPDATED
    if not roles or not place.slot == value.slot == walk.immediate:
        hint = "take_element, a value, add sub or mul, checks, put_element of the same slot"
        walk.fault("BYT137", "it does not end an update of an element", hint)
    elif not place.type == value.type == walk.at:
        walk.fault("BYT132", f"it takes {walk.at} and finds {value.type}")
    _expect_domain(walk, value)
    walk.statement()
    return Effect((walk.at,))


def _expect_charged(walk: Walk, entry: Entry, plain: str, paid: str) -> None:
    wanted = plain if entry.plain else paid
    if walk.instruction.operation != wanted:
        what = "a literal, a name or a field" if entry.plain else "the result of an operation"
        walk.fault("BYT136", f"{what} is stored by `{wanted}`")


def _expect_array(walk: Walk, element: Type) -> None:
    walk.expect_slot(walk.immediate, element.array)
    walk.expect_writable(walk.immediate)
