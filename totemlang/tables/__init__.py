"""The tables that drive the language: operations, rules, prices."""
