"""An authority's certificate ends; renewed on the ledger, its members go on, the revoked do not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tiny_consortium import START, Clock, Consortium, tiny

from totemlang.ledger.chain import (
    Chain,
    Rejected,
    check,
    export_lines,
    rebuild,
    restore,
    take_checkpoint,
    verify,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.identity import Authority, CertificateAuthority

GRANT = {"name": "x", "totem": 5}


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> Consortium:
    """A consortium whose authority counts for thirty days, and its members longer."""
    authority = CertificateAuthority.create(tmp_path / "ca", "hub", days=30, now=START)
    world = Consortium(tmp_path / "ledger.db", authority, clock=Clock())
    for name, role in (("ada", "provider"), ("bob", "consumer")):
        world.enrol(name, "DSO", role)
    Chain.create(
        world.path,
        tiny,
        world.members["ada"],
        "hub",
        [Authority(authority.certificate, frozenset({"DSO"}))],
        clock=world.clock,
    ).close()
    return world


def renewed(world: Consortium) -> str:
    """The authority's new certificate, in PEM."""
    world.authority = world.authority.renew_own(days=400, now=world.clock())
    return world.authority.certificate.pem


def test_without_renewal_an_authority_s_end_is_its_members_end(world: Consortium) -> None:
    world.clock.forward(days=31)
    chain = world.chain()
    with pytest.raises(Rejected, match="not valid at the time"):
        chain.call("grant", GRANT)


def test_members_go_on_under_the_renewed_certificate(world: Consortium, tmp_path: Path) -> None:
    chain = world.chain()
    chain.call("grant", GRANT)
    held = take_checkpoint(chain)
    world.clock.forward(days=20)
    answer = world.chain("bob").call("chain_renew", {"certificate": renewed(world)}).result
    assert answer["authority"] == "hub"
    world.clock.forward(days=20)
    chain.call("grant", GRANT)  # by his old certificate
    world.enrol("eve", "DSO", "auditor")
    world.chain("eve").call("grant", GRANT)
    assert chain.get("held/x") == b"15"
    assert check(chain, take_checkpoint(world.chain("eve"))).member == "eve@DSO"
    assert verify(world.chain(None), checkpoints=[held]).checked().transactions == 4
    assert rebuild(chain) == 4
    copy = restore(export_lines(chain), tmp_path / "copy.db", tiny, clock=world.clock)
    assert copy.head() == chain.head()
    # What an authority may name is what genesis says.
    world.enrol("mallory", "Hub", "operator")
    with pytest.raises(Rejected, match="no authority"):
        world.chain("mallory").call("grant", GRANT)


def test_an_authority_is_renewed_even_after_its_end(world: Consortium) -> None:
    chain = world.chain()
    chain.call("grant", GRANT)
    world.clock.forward(days=40)
    with pytest.raises(Rejected, match="not valid at the time"):
        chain.call("chain_renew", {"certificate": "nothing"})
    call = chain.prepare("chain_renew", {"certificate": renewed(world)})
    late = chain.prepare("grant", GRANT)
    with pytest.raises(Rejected):
        chain.submit_all([(late, {}), (call, {})])
    world.chain("bob").submit_all([(call, {}), (late, {})])
    chain.call("grant", GRANT)
    assert chain.get("held/x") == b"15"
    assert verify(chain).checked().transactions == 4
    # Nobody but who counts under the authority may bring it.
    world.clock.forward(days=500)
    with pytest.raises(Rejected, match="not valid at the time"):
        chain.call("chain_renew", {"certificate": renewed(world)})


def test_what_was_revoked_stays_revoked(world: Consortium) -> None:
    chain = world.chain()
    early = world.authority.revoke(world.members["bob"].certificate.pem, now=START).decode()
    chain.call("chain_revoke", {"list": early})
    chain.call("chain_renew", {"certificate": renewed(world)})
    with pytest.raises(Rejected, match="revoked"):
        world.chain("bob").call("grant", GRANT)
    world.clock.forward(days=35)
    with pytest.raises(Rejected, match="revoked"):
        world.chain("bob").call("grant", GRANT)
    eve = world.enrol("eve", "DSO", "auditor")
    late = world.authority.revoke(eve.certificate.pem, now=world.clock()).decode()
    assert chain.call("chain_revoke", {"list": late}).result == {"revoked": 1}
    with pytest.raises(Rejected, match="revoked"):
        world.chain("eve").call("grant", GRANT)
    with pytest.raises(Refusal):
        chain.call("chain_revoke", {"list": early})
    assert verify(chain).finding is None


def test_only_the_authority_itself_is_renewed_and_only_longer(
    world: Consortium, tmp_path: Path
) -> None:
    chain, text = world.chain(), renewed(world)
    stranger = CertificateAuthority.create(tmp_path / "other", "hub", days=900, now=START)
    for certificate, reason in (
        (stranger.certificate.pem, Reason.ARGUMENT),  # the same name, another key
        (world.members["ada"].certificate.pem, Reason.ARGUMENT),
        ("nothing", Reason.ARGUMENT),
        ("\u00e9" * 9_000, Reason.ARGUMENT),
        (5, Reason.ARGUMENT),
    ):
        with pytest.raises(Refusal) as caught:
            chain.call("chain_renew", {"certificate": certificate})
        assert caught.value.reason is reason
    with pytest.raises(Refusal):
        chain.call("chain_renew", {"certificate": text, "more": 1})
    chain.call("chain_renew", {"certificate": text})
    with pytest.raises(Refusal) as caught:
        chain.call("chain_renew", {"certificate": text})
    assert caught.value.reason is Reason.EXISTS
    world.clock.forward(days=1)
    assert chain.genesis.trust.authorities == chain.trust().authorities[:1]
    assert chain.trust().authorities[1].certificate.ends > START + timedelta(days=399)
    assert verify(chain).finding is None
