"""Where the groups of several groupings are brought to: one place a machine, each made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from attrs import define, field

from totemlang.native.grouping.gathered import Gathered
from totemlang.native.grouping.place import Place, own_place
from totemlang.native.grouping.plan import GroupingPlan


@define(eq=False)
class Hosts:
    """What stands ready in the stores of machines, and what is made for others who ask.

    What is made is readied by `ready` before anybody has it. Threads may ask at the same time.
    """

    plan: GroupingPlan
    _ready: Callable[[Gathered], None]
    _known: dict[int, Gathered]
    """By the memory of the machine in whose store it lives."""
    _made: list[Gathered] = field(factory=list, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    @classmethod
    def among(cls, gathered: Iterable[Gathered], ready: Callable[[Gathered], None]) -> Hosts:
        """Those of some that live in the store of a machine; of at least one, all of one plan."""
        all_ = list(gathered)
        known = {id(each.place.memory): each for each in all_ if each.place.memory is not None}
        return cls(all_[0].plan, ready, known)

    def host(self, place: Place | None) -> Gathered:
        """What lives in the store of a machine, or something new for who asks."""
        with self._lock:
            key = None if place is None else id(place.memory)
            found = None if key is None else self._known.get(key)
            if found is None:
                found = Gathered(self.plan, place or own_place())
                self._made.append(found)
                self._ready(found)
                if key is not None:
                    self._known[key] = found
            return found

    def close(self) -> None:
        """Free what was made; the others are others'."""
        for each in self._made:
            each.close()
