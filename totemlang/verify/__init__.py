"""Foreign bytecode to a verified module: types, stack, control, stores, prices; trusts nothing."""
