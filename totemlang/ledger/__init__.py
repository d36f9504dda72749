"""The ledger: members, accounts of totem, data sets, requests, jobs, and what became of them.

`contract` says what may happen, `identity` who asks, `chain` keeps it, `client` is what others use.
"""
