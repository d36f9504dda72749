"""The consortium's commands: a thin layer over `totemlang.ledger` and `totemlang.node`."""
