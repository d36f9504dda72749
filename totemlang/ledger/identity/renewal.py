"""Which certificate a request renews: the latest one that has its key."""

from __future__ import annotations

from cryptography import x509

from totemlang.diagnostics import UsageError
from totemlang.ledger.identity.authority import CertificateAuthority
from totemlang.ledger.identity.certificates import UNREADABLE, MemberCertificate
from totemlang.ledger.identity.issuing import MAX_REQUEST


def renewed_by(authority: CertificateAuthority, request: bytes) -> MemberCertificate:
    """The certificate that a request made with its key asks to renew.

    Whether it may be renewed is for `CertificateAuthority.renew` to judge.

    Raises:
        UsageError: where the request is malformed or its key is one that was never signed.
    """
    try:
        if len(request) > MAX_REQUEST:
            raise ValueError
        key = x509.load_pem_x509_csr(request).public_key()
    except UNREADABLE:
        raise UsageError("no readable signing request") from None
    found = [each for each in authority.issued() if each.key == key]
    if not found:
        raise UsageError("the request's key is none that was signed: the member enrols")
    return max(found, key=lambda each: each.ends)
