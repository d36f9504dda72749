"""Totem moving between accounts: all of a call's movements together, each account written once.

A ledger does not show a call its own writes, so movements gather here and are written at the end.
Whatever moves, the sum of balances and reserves stays what was granted.
"""

from __future__ import annotations

from attrs import define, field

from totemlang.ledger.canonical import LARGEST
from totemlang.ledger.contract.records import Record, load, now, save, written
from totemlang.ledger.contract.refusals import Reason, Refusal, hold
from totemlang.ledger.stub import Stub


def account_key(member: str) -> str:
    """Where an account stands: its organisation first, so that those of one stand together."""
    name, organisation = member.split("@")
    return f"account/{organisation}/{name}"


def entry_prefix(member: str) -> str:
    """Where the history of an account stands."""
    name, organisation = member.split("@")
    return f"entry/{organisation}/{name}"


def new_account(member: str) -> Record:
    """An account with nothing in it.

    `balance` can be spent, `reserved` is held by jobs; `granted`, `spent` and `earned` only grow,
    up to the largest number: totem that goes round is counted each time.
    """
    return {
        "member": member,
        "balance": 0,
        "reserved": 0,
        "granted": 0,
        "spent": 0,
        "earned": 0,
        "entries": 0,
    }


@define
class Postings:
    """The movements of one call. `write` is called once, after the last of them."""

    stub: Stub
    _accounts: dict[str, Record] = field(factory=dict, init=False)
    _entries: list[tuple[str, Record]] = field(factory=list, init=False)

    def account(self, member: str, *, open_it: bool = False) -> Record:
        """An account as it is after the movements so far.

        Raises:
            Refusal: there is none (LDG120), unless it is to be opened.
        """
        if member not in self._accounts:
            found = load(self.stub, account_key(member))
            if found is None:
                if not open_it:
                    raise Refusal(Reason.NO_ACCOUNT, f"{member} has no account")
                found = new_account(member)
            self._accounts[member] = found
        return self._accounts[member]

    def grant(self, member: str, totem: int) -> None:
        """New totem."""
        account = self.account(member)
        account["balance"] += totem
        _grow(account, "granted", totem)
        self._note(account, "grant", totem)

    def transfer(self, source: str, target: str, totem: int, note: str) -> None:
        """Totem from a balance to another."""
        giver = self._spendable(source, totem)
        taker = self.account(target)
        giver["balance"] -= totem
        self._note(giver, "sent", totem, who=target, note=note)
        taker["balance"] += totem
        self._note(taker, "received", totem, who=source, note=note)

    def reserve(self, member: str, totem: int, job: str) -> None:
        """Totem from a balance into escrow for a job."""
        account = self._spendable(member, totem)
        account["balance"] -= totem
        account["reserved"] += totem
        self._note(account, "reserve", totem, job=job)

    def settle(self, member: str, job: str, reserved: int, paid: dict[str, int]) -> None:
        """A job's escrow to those who are paid, and the rest back to its consumer."""
        charge = sum(paid.values())
        hold(0 <= charge <= reserved, "no more is paid than is reserved")
        hold(min(paid.values(), default=0) >= 0, "nobody is paid less than nothing")
        account = self.account(member)
        hold(account["reserved"] >= reserved, "what is settled is reserved")
        account["reserved"] -= reserved
        account["balance"] += reserved - charge
        _grow(account, "spent", charge)
        self._note(account, "settle", charge, job=job)
        for payee in sorted(paid):
            if paid[payee]:
                earner = self.account(payee, open_it=True)
                earner["balance"] += paid[payee]
                _grow(earner, "earned", paid[payee])
                self._note(earner, "earn", paid[payee], job=job)

    def _spendable(self, member: str, totem: int) -> Record:
        account = self.account(member)
        if account["balance"] < totem:
            message = f"{member} has {account['balance']:,} totem, {totem:,} are needed"
            raise Refusal(Reason.BALANCE, message)
        return account

    def _note(self, account: Record, event: str, totem: int, **more: str) -> None:
        account["entries"] += 1
        entry = {
            "number": account["entries"],
            "time": written(now(self.stub)),
            "event": event,
            "totem": totem,
            "balance": account["balance"],
            "reserved": account["reserved"],
            "transaction": self.stub.transaction_id(),
        }
        key = f"{entry_prefix(account['member'])}/{account['entries']:016}"
        self._entries.append((key, entry | more))

    def write(self) -> None:
        """Write every account that moved, and its history."""
        for member in sorted(self._accounts):
            save(self.stub, account_key(member), self._accounts[member])
        for key, entry in self._entries:
            save(self.stub, key, entry)


def _grow(account: Record, sum_: str, totem: int) -> None:
    account[sum_] = min(account[sum_] + totem, LARGEST)
