"""Running a script: one stage that is never cut, paid as any other."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread

from attrs import define, field

from totemlang.bytecode.module import Value
from totemlang.diagnostics import OperationFailed
from totemlang.engine.desk import Desk, DeskLine
from totemlang.engine.manager import Attempt, TotemManager
from totemlang.engine.updater import Updater
from totemlang.engine.work import Work
from totemlang.vm.totals import Totals


@define
class ScriptRun:
    """A script being run; afterwards what it used, and what for.

    `error` is the operation that failed, if one did: what was used is known then all the same.
    """

    work: Work
    manager: TotemManager
    variables: Mapping[str, Value] = field(factory=dict, init=False)
    error: OperationFailed | None = field(default=None, init=False)
    used: int = field(default=0, init=False)
    totals: Totals = field(factory=Totals, init=False)
    _raised: BaseException | None = field(default=None, init=False)

    def run(self) -> None:
        """Run it, native code in a thread of its own (see `worker_threads`).

        Raises:
            OutOfTotem: where the budget does not suffice.
        """
        desk = Desk(self.manager)
        if not self.work.tier.is_native:
            self._run(desk)
            return
        thread = Thread(target=self._run_aside, args=(desk,), daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.1)
        finally:
            desk.close()
            thread.join()
        if self._raised is not None:
            raise self._raised

    def _run_aside(self, desk: Desk) -> None:
        try:
            self._run(desk)
        except BaseException as error:
            self._raised = error

    def _run(self, desk: Desk) -> None:
        work = self.work
        attempt = Attempt(work.job, 0, 0, 0)
        updater = Updater(DeskLine(desk, attempt), self.manager.budget)
        machine = work.tier.machine(work.verified, work.globals, work.lookups, updater)
        desk.begin(attempt)
        try:
            self.variables = machine.run_script()
            self.totals = machine.totals()
        except OperationFailed as error:
            self.error = error
        self.used = updater.used
        desk.accept(attempt, updater.end())
