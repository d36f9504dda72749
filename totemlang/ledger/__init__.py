"""Accounts of totem and the record of every deduction."""
