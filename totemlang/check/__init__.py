"""From tree to typed program, with everything that is wrong with it."""
