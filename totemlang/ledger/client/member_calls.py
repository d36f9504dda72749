"""The client's calls about the consortium: members, accounts, rules and prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from totemlang.ledger.client.answers import (
    Admission,
    Admissions,
    Balance,
    Consortium,
    Movements,
    Renewed,
    Revoked,
    Supply,
    TableVersion,
    TableVersions,
)
from totemlang.ledger.client.calls import Calls


class MemberCalls(Calls):
    """One method a function of the contract, under its name and with its arguments.

    Every method may raise `Refusal` (the contract's), `Rejected` (the ledger's) and
    `LedgerUnreachable`.
    """

    def consortium_found(
        self, name: str, organisations: Mapping[str, Sequence[str]], rules: str, prices: str
    ) -> Consortium:
        """Found the consortium, as an operator: the first call of a ledger."""
        return self._call(
            Consortium,
            "consortium_found",
            name=name,
            organisations=organisations,
            rules=rules,
            prices=prices,
        )

    def consortium_show(self) -> Consortium:
        """Name, organisations with the roles they may hold, founding tables."""
        return self._ask(Consortium, "consortium_show")

    def organisation_propose(self, organisation: str, roles: Sequence[str]) -> Admission:
        """Propose an organisation, or more roles for one, as an operator."""
        return self._call(Admission, "organisation_propose", organisation=organisation, roles=roles)

    def organisation_approve(self, organisation: str, roles: Sequence[str]) -> Admission:
        """Approve a proposal for one's organisation, as an operator; `roles` as proposed."""
        return self._call(Admission, "organisation_approve", organisation=organisation, roles=roles)

    def organisation_withdraw(self, organisation: str) -> Admission:
        """Take back what one's organisation has proposed, as an operator."""
        return self._call(Admission, "organisation_withdraw", organisation=organisation)

    def organisation_expire(self, organisation: str) -> Admission:
        """Note that nobody has approved a proposal in time."""
        return self._call(Admission, "organisation_expire", organisation=organisation)

    def organisation_list(self, after: str | None = None, count: int | None = None) -> Admissions:
        """Every proposal since founding, by the page."""
        return self._ask(Admissions, "organisation_list", after=after, count=count)

    def chain_renew(self, certificate: str) -> Renewed:
        """Bring an authority's renewed certificate, in PEM, to the ledger."""
        return self._call(Renewed, "chain_renew", certificate=certificate)

    def chain_revoke(self, list: str) -> Revoked:
        """Bring an authority's list of revoked certificates, in PEM, to the ledger."""
        return self._call(Revoked, "chain_revoke", list=list)

    def account_open(self) -> Balance:
        """Open one's own account."""
        return self._call(Balance, "account_open")

    def account_grant(self, member: str, totem: int) -> Balance:
        """Grant new totem, as an operator."""
        return self._call(Balance, "account_grant", member=member, totem=totem)

    def account_transfer(self, member: str, totem: int, note: str | None = None) -> Balance:
        """Send totem to another member; gives one's own account."""
        return self._call(Balance, "account_transfer", member=member, totem=totem, note=note)

    def account_show(self, member: str | None = None) -> Balance:
        """One's own account, or to operators and auditors anybody's."""
        return self._ask(Balance, "account_show", member=member)

    def account_history(
        self, member: str | None = None, after: str | None = None, count: int | None = None
    ) -> Movements:
        """Movements of an account in order, by the page."""
        return self._ask(Movements, "account_history", member=member, after=after, count=count)

    def account_supply(self) -> Supply:
        """All totem that was ever granted."""
        return self._ask(Supply, "account_supply")

    def table_propose(self, kind: str, text: str, starts: datetime) -> TableVersion:
        """Propose a version of `rules` or `prices`, as an operator."""
        return self._call(TableVersion, "table_propose", kind=kind, text=text, starts=starts)

    def table_approve(self, kind: str, hash: str) -> TableVersion:
        """Approve a proposed version for one's organisation, as an operator."""
        return self._call(TableVersion, "table_approve", kind=kind, hash=hash)

    def table_withdraw(self, kind: str, hash: str) -> TableVersion:
        """Take back what one's organisation has proposed, as an operator."""
        return self._call(TableVersion, "table_withdraw", kind=kind, hash=hash)

    def table_show(self, kind: str, hash: str | None = None) -> TableVersion:
        """A version with its text; without a hash the one in force."""
        return self._ask(TableVersion, "table_show", kind=kind, hash=hash)

    def table_versions(self, kind: str) -> TableVersions:
        """Every version that is or comes into force."""
        return self._ask(TableVersions, "table_versions", kind=kind)
