"""Members enrol, renew and are revoked; keys stay in files that nobody else reads."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from totemlang.diagnostics import UsageError
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    Trust,
    Untrusted,
    from_pem,
    is_signed,
    load_key,
    new_key,
    new_member,
    read_list,
    read_member,
    request_certificate,
    save_certificate,
    save_key,
    sign,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority.create(tmp_path / "ca", "hub", now=NOW)


def enrolled(authority: CertificateAuthority, name: str = "ada", role: str = "provider") -> str:
    return authority.enrol(request_certificate(new_key(), name, "DSO"), [role], now=NOW)


def test_a_member_enrols_and_his_folder_holds_key_and_certificate(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    request = new_member(tmp_path / "ada", "ada", "DSO", "open sesame")
    certificate = authority.enrol(request, ["provider", "consumer"], now=NOW)
    save_certificate(tmp_path / "ada", certificate)
    identity = Identity.load(tmp_path / "ada", "open sesame")
    assert identity.member == "ada@DSO"
    assert identity.certificate.roles == {"provider", "consumer"}
    assert is_signed(identity.certificate.key, identity.sign(b"text"), b"text")
    assert [c.member for c in authority.issued()] == ["ada@DSO"]


def test_a_certificate_reads_as_fabric_writes_it(authority: CertificateAuthority) -> None:
    found = x509.load_pem_x509_certificate(enrolled(authority, role="operator").encode())
    assert found.subject.rfc4514_string() == "CN=ada,OU=admin,O=DSO"
    extension = found.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1"))
    assert not extension.critical
    assert b'"totem.role":"operator"' in extension.value.value  # type: ignore[attr-defined]
    member = read_member(from_pem(enrolled(authority)))
    assert "OU=client" in member.certificate.subject.rfc4514_string()


def test_key_files_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    save_key(new_key(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="never overwritten"):
        save_key(new_key(), path)
    path.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        load_key(path)


def test_a_passphrase_protects_a_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    save_key(new_key(), path, "right")
    assert b"ENCRYPTED" in path.read_bytes()
    for wrong in (None, "wrong"):
        with pytest.raises(UsageError):
            load_key(path, wrong)
    load_key(path, "right")
    with pytest.raises(UsageError, match="empty"):
        save_key(new_key(), tmp_path / "other.pem", "")


@pytest.mark.parametrize("text", [b"", b"no key", b"x" * 100_000])
def test_what_is_no_key_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "key.pem"
    path.touch(0o600)
    path.write_bytes(text)
    with pytest.raises(UsageError):
        load_key(path)


def test_keys_on_other_curves_are_refused(tmp_path: Path, authority: CertificateAuthority) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    save_key(key, tmp_path / "key.pem")
    with pytest.raises(UsageError, match="P-256"):
        load_key(tmp_path / "key.pem")
    with pytest.raises(UsageError, match="P-256"):
        authority.enrol(request_certificate(key, "ada", "DSO"), ["provider"])


def test_a_signature_has_one_form() -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import (
        decode_dss_signature,
        encode_dss_signature,
    )

    key = new_key()
    signature = sign(key, b"text")
    assert is_signed(key.public_key(), signature, b"text")
    r, s = decode_dss_signature(signature)
    assert not is_signed(key.public_key(), encode_dss_signature(r, ORDER - s), b"text")
    for other in (signature + b"\0", b"", b"\x30\x00", b"x" * 5000):
        assert not is_signed(key.public_key(), other, b"text")
    assert not is_signed(key.public_key(), signature, b"other")
    assert not is_signed(new_key().public_key(), signature, b"text")


@pytest.mark.parametrize("name", ["", "a/b", "a@b", "a b", "x" * 65, "-a", "ünï", "a\n"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(UsageError):
        request_certificate(new_key(), name, "DSO")


@pytest.mark.parametrize("request_text", [b"", b"hello", b"x" * 100_000])
def test_malformed_requests_are_refused(
    authority: CertificateAuthority, request_text: bytes
) -> None:
    with pytest.raises(UsageError):
        authority.enrol(request_text, ["provider"])


def test_a_request_that_its_key_did_not_sign_is_refused(authority: CertificateAuthority) -> None:
    request = x509.load_pem_x509_csr(request_certificate(new_key(), "ada", "DSO"))
    der = bytearray(request.public_bytes(serialization.Encoding.DER))
    at = bytes(der).index(b"ada")
    der[at : at + 3] = b"eva"
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(UsageError, match="not signed"):
        authority.enrol(forged, ["provider"])


@pytest.mark.parametrize("roles", [[], ["king"], ["provider", "king"]])
def test_roles_are_the_four(authority: CertificateAuthority, roles: list[str]) -> None:
    with pytest.raises(UsageError, match="roles"):
        authority.enrol(request_certificate(new_key(), "ada", "DSO"), roles)


def test_renewal_keeps_member_and_roles(authority: CertificateAuthority) -> None:
    key, fresh = new_key(), new_key()
    old = authority.enrol(request_certificate(key, "ada", "DSO"), ["provider"], now=NOW)
    same_key = authority.renew(request_certificate(key, "ada", "DSO"), old, now=NOW)
    request = request_certificate(fresh, "ada", "DSO")
    with pytest.raises(UsageError, match="has not signed"):
        authority.renew(request, old, now=NOW)
    other_key = authority.renew(request, old, proof=sign(key, request), now=NOW)
    for text in (same_key, other_key):
        member = read_member(from_pem(text))
        assert (member.member, member.roles) == ("ada@DSO", {"provider"})
        assert text != old


def test_renewal_is_refused_to_others_and_to_late_ones(authority: CertificateAuthority) -> None:
    key = new_key()
    old = authority.enrol(request_certificate(key, "ada", "DSO"), ["provider"], now=NOW)
    with pytest.raises(UsageError, match="another member"):
        authority.renew(request_certificate(key, "eva", "DSO"), old, now=NOW)
    late = NOW + timedelta(days=400)
    with pytest.raises(UsageError, match="out of time"):
        authority.renew(request_certificate(key, "ada", "DSO"), old, now=late)
    authority.revoke(old, now=NOW)
    with pytest.raises(UsageError, match="revoked"):
        authority.renew(request_certificate(key, "ada", "DSO"), old, now=NOW)


def test_revocation_lists_grow_and_are_the_authoritys(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    first, second = (read_member(from_pem(enrolled(authority))) for _ in range(2))
    authority.revoke(first.pem, now=NOW)
    again = CertificateAuthority.load(tmp_path / "ca")
    found = read_list(again.revoke(second.pem, now=NOW), authority.certificate)
    assert found.serials == {first.serial, second.serial}
    assert found.number == 3
    stranger = CertificateAuthority.create(tmp_path / "other", "hub", now=NOW)
    with pytest.raises(ValueError, match="did not sign"):
        read_list(authority.revocation_list(), stranger.certificate)
    with pytest.raises(UsageError, match="did not sign"):
        stranger.revoke(first.pem)
    with pytest.raises(ValueError, match="too large"):
        read_list(b"x" * 2**21, authority.certificate)


def test_an_authority_is_never_made_over_another(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="never overwritten"):
        CertificateAuthority.create(tmp_path / "ca", "hub")
    assert CertificateAuthority.load(tmp_path / "ca").certificate == authority.certificate


def test_an_identity_needs_its_own_key(authority: CertificateAuthority) -> None:
    with pytest.raises(UsageError, match="does not belong"):
        Identity.of(enrolled(authority), new_key())


def test_an_authority_renews_its_own_certificate(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    before = read_member(from_pem(enrolled(authority)))
    authority.revoke(enrolled(authority, "bob"), now=NOW)
    with pytest.raises(UsageError, match="longer"):
        authority.renew_own(days=10, now=NOW)
    later = NOW + timedelta(days=3000)
    renewed = authority.renew_own(now=later)
    assert renewed.certificate.ends > authority.certificate.ends
    assert renewed.certificate.fingerprint != authority.certificate.fingerprint
    again = CertificateAuthority.load(tmp_path / "ca")
    assert again.certificate == renewed.certificate
    assert len(list((tmp_path / "ca").glob("authority-*.pem"))) == 1
    assert (again.revoked(), len(list(again.issued()))) == (authority.revoked(), 2)
    assert again.certificate.signed(before)
    after = read_member(
        from_pem(again.enrol(request_certificate(new_key(), "eve", "DSO"), ["auditor"], now=later))
    )
    line = authority.certificate.fingerprint
    both = Trust((Authority(authority.certificate), Authority(again.certificate, line=line)))
    moment = authority.certificate.ends + timedelta(days=1)
    fresh = read_member(
        from_pem(again.enrol(request_certificate(new_key(), "eve", "DSO"), ["auditor"], now=moment))
    )
    assert both.caller(fresh.der, moment, nothing_revoked).member == "eve@DSO"
    with pytest.raises(Untrusted, match="not valid at the time"):
        Trust((Authority(authority.certificate),)).caller(fresh.der, moment, nothing_revoked)
    gone = {(line, after.serial)}
    with pytest.raises(Untrusted, match="revoked"):
        both.caller(after.der, later, lambda a, s: (a, s) in gone)


def nothing_revoked(authority: str, serial: str) -> bool:
    return False


def test_trust_holds_at_a_time_and_until_revoked(authority: CertificateAuthority) -> None:
    trust = Trust((Authority(authority.certificate),))
    member = read_member(from_pem(enrolled(authority)))
    caller = trust.caller(member.der, NOW, nothing_revoked)
    assert (caller.member, caller.roles) == ("ada@DSO", {"provider"})
    for moment in (NOW - timedelta(hours=1), NOW + timedelta(days=366)):
        with pytest.raises(Untrusted, match="not valid at the time"):
            trust.caller(member.der, moment, nothing_revoked)
    gone = {(authority.certificate.fingerprint, member.serial)}
    with pytest.raises(Untrusted, match="revoked"):
        trust.caller(member.der, NOW, lambda a, s: (a, s) in gone)


def test_trust_ends_at_the_consortium(authority: CertificateAuthority, tmp_path: Path) -> None:
    stranger = CertificateAuthority.create(tmp_path / "other", "hub", now=NOW)
    forged = read_member(from_pem(enrolled(stranger)))
    with pytest.raises(Untrusted, match="no authority"):
        Trust((Authority(authority.certificate),)).caller(forged.der, NOW, nothing_revoked)
    narrow = Trust((Authority(stranger.certificate, frozenset({"Other"})),))
    with pytest.raises(Untrusted, match="no authority"):
        narrow.caller(forged.der, NOW, nothing_revoked)
    with pytest.raises(Untrusted, match=r"extension is missing"):
        narrow.caller(authority.certificate.der, NOW, nothing_revoked)


def test_a_member_cannot_name_members(authority: CertificateAuthority) -> None:
    key = new_key()
    member = Identity.of(authority.enrol(request_certificate(key, "eva", "DSO"), ["provider"]), key)
    victim = read_member(from_pem(enrolled(authority, "ada", "operator"))).certificate
    builder = x509.CertificateBuilder().subject_name(victim.subject)
    builder = builder.issuer_name(member.certificate.certificate.subject)
    builder = builder.public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    for extension in victim.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    from cryptography.hazmat.primitives import hashes

    forged = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    with pytest.raises(Untrusted, match="no authority"):
        Trust((Authority(authority.certificate),)).caller(forged, NOW, nothing_revoked)


@pytest.mark.parametrize("cut", [0, 1, 50, 300, -1])
def test_broken_certificates_are_refused(authority: CertificateAuthority, cut: int) -> None:
    der = read_member(from_pem(enrolled(authority))).der
    for text in (der[:cut], der + b"\0", der[:100] + b"\xff" * 10 + der[110:], b"\0" * 9000):
        with pytest.raises(Untrusted):
            Trust((Authority(authority.certificate),)).caller(text, NOW, nothing_revoked)
