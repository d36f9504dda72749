"""The client's calls about data: the catalogue, requests for access, keys."""

from __future__ import annotations

from datetime import datetime

from totemlang.ledger.client.answers import (
    AccessRequest,
    AccessRequests,
    Catalogue,
    Dataset,
    Delivery,
    PrivateValue,
)
from totemlang.ledger.client.calls import Calls
from totemlang.ledger.contract.datasets import publishable
from totemlang.ledger.contract.deliveries import VALUE


class DataCalls(Calls):
    """One method a function of the contract, under its name and with its arguments."""

    def dataset_publish(
        self, name: str, about: str, metadata: str, policy: str | None = None
    ) -> Dataset:
        """Publish a data set of one's organisation, or a new version; documents are JSON texts.

        What the contract would refuse of them is refused before anything is sent.
        """
        publishable(metadata, policy)
        return self._call(
            Dataset, "dataset_publish", name=name, about=about, metadata=metadata, policy=policy
        )

    def dataset_withdraw(self, dataset: str) -> Dataset:
        """Take a data set out of the catalogue; accepted jobs go on."""
        return self._call(Dataset, "dataset_withdraw", dataset=dataset)

    def catalogue(self, after: str | None = None, count: int | None = None) -> Catalogue:
        """What is published, by the page."""
        return self._ask(Catalogue, "catalogue", after=after, count=count)

    def dataset_show(self, dataset: str, version: str | None = None) -> Dataset:
        """A data set with metadata and policy, now or as an earlier job saw it."""
        return self._ask(Dataset, "dataset_show", dataset=dataset, version=version)

    def request_open(self, dataset: str, purpose: str) -> AccessRequest:
        """Ask for access, as a consumer, saying what for."""
        return self._call(AccessRequest, "request_open", dataset=dataset, purpose=purpose)

    def request_grant(self, request: str, key_hash: str, expires: datetime) -> AccessRequest:
        """Grant access until a time; see `AccessKeys.grant`, which makes and delivers the key."""
        return self._call(
            AccessRequest, "request_grant", request=request, key_hash=key_hash, expires=expires
        )

    def request_refuse(self, request: str, reason: str) -> AccessRequest:
        """Refuse access, for `purpose`, `consumer`, `policy` or `other`."""
        return self._call(AccessRequest, "request_refuse", request=request, reason=reason)

    def request_withdraw(self, request: str) -> AccessRequest:
        """Take one's request back, or give up the access."""
        return self._call(AccessRequest, "request_withdraw", request=request)

    def request_revoke(self, request: str) -> AccessRequest:
        """End an access at once, as its provider or an operator."""
        return self._call(AccessRequest, "request_revoke", request=request)

    def request_expire(self, request: str) -> AccessRequest:
        """Note that a request's deadline has passed."""
        return self._call(AccessRequest, "request_expire", request=request)

    def request_show(self, request: str) -> AccessRequest:
        """A request."""
        return self._ask(AccessRequest, "request_show", request=request)

    def request_list(
        self, side: str, after: str | None = None, count: int | None = None
    ) -> AccessRequests:
        """One's own requests (`consumer`), or those to one's organisation (`provider`)."""
        return self._ask(AccessRequests, "request_list", side=side, after=after, count=count)

    def key_deliver(self, request: str, hash: str, value: bytes) -> Delivery:
        """Hand an access key to the consumer; `value` as `salted` makes it, `hash` its SHA-256."""
        return self._call(Delivery, "key_deliver", {VALUE: value}, request=request, hash=hash)

    def key_read(self, request: str) -> PrivateValue:
        """The access key of one's own request, in hex; see `access_key`."""
        return self._ask(PrivateValue, "key_read", request=request)
