"""Which functions a program uses, callees before callers, and those that call themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from totemlang.source import Span

Calls = Sequence[tuple[int, Span]]


@frozen
class Order:
    """`functions` by number, callees first; `cycles` as (caller, callee, place of the call)."""

    functions: tuple[int, ...]
    cycles: tuple[tuple[int, int, Span], ...]


def order(roots: Iterable[int], calls_of: Callable[[int], Calls]) -> Order:
    """What is reached from some functions, in the order of first call, without recursion.

    `calls_of` gives what a function calls. A call that leads back to a function whose calls are
    still being followed is a cycle.
    """
    done: dict[int, None] = {}
    cycles: list[tuple[int, int, Span]] = []
    for root in roots:
        if root not in done:
            _follow(root, calls_of, done, cycles)
    return Order(tuple(done), tuple(cycles))


def _follow(
    root: int,
    calls_of: Callable[[int], Calls],
    done: dict[int, None],
    cycles: list[tuple[int, int, Span]],
) -> None:
    under_way = {root}
    path = [(root, iter(calls_of(root)))]
    while path:
        number, calls = path[-1]
        for callee, span in calls:
            if callee in under_way:
                cycles.append((number, callee, span))
            elif callee not in done:
                under_way.add(callee)
                path.append((callee, iter(calls_of(callee))))
                break
        else:
            path.pop()
            under_way.discard(number)
            done[number] = None
