"""Who is who: certificates of the consortium's authorities, as Fabric's MSP has them."""

from totemlang.ledger.identity.attributes import ROLES
from totemlang.ledger.identity.authority import CertificateAuthority
from totemlang.ledger.identity.certificates import (
    AuthorityCertificate,
    BadCertificate,
    MemberCertificate,
    from_pem,
    read_authority,
    read_member,
)
from totemlang.ledger.identity.keys import is_signed, load_key, new_key, save_key, sign
from totemlang.ledger.identity.member import (
    Identity,
    new_member,
    request_certificate,
    save_certificate,
)
from totemlang.ledger.identity.revocation import RevocationList, read_list
from totemlang.ledger.identity.trust import Authority, Trust, Untrusted

__all__ = [
    "ROLES",
    "Authority",
    "AuthorityCertificate",
    "BadCertificate",
    "CertificateAuthority",
    "Identity",
    "MemberCertificate",
    "RevocationList",
    "Trust",
    "Untrusted",
    "from_pem",
    "is_signed",
    "load_key",
    "new_key",
    "new_member",
    "read_authority",
    "read_list",
    "read_member",
    "request_certificate",
    "save_certificate",
    "save_key",
    "sign",
]
