"""The two ends of a job: a provider's node, which runs it beside the data, and its consumer."""

from totemlang.node.consumer import Consumer, Wanted
from totemlang.node.delivery import Delivery
from totemlang.node.entrance import Entry
from totemlang.node.keeping import Keeping
from totemlang.node.provider import Deed, ProviderNode
from totemlang.node.receipts import (
    BadReceipt,
    SignedReceipt,
    Signer,
    hold_to_job,
    verify_receipt,
)
from totemlang.node.replay import Replay, judge, replay
from totemlang.node.results import PartResult, whole_result

__all__ = [
    "BadReceipt",
    "Consumer",
    "Deed",
    "Delivery",
    "Entry",
    "Keeping",
    "PartResult",
    "ProviderNode",
    "Replay",
    "SignedReceipt",
    "Signer",
    "Wanted",
    "hold_to_job",
    "judge",
    "replay",
    "verify_receipt",
    "whole_result",
]
