"""Running verified bytecode, metered.

A module is translated once into Python source and compiled (`prepared`, from `translator`,
`operations`, `control`, `stage_loops`); a `machine` runs it, batch by batch, on totem from a
`meter`. What operations mean stands in `meanings` and the modules it names; the forms of `inline`
say the same. Only branches and rounds are counted while a program runs: `counting` and `totals`
work out the rest. Charges and failures keep the order of the bytecode, whatever is written how.
"""
