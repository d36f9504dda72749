"""Running verified bytecode, metered."""
