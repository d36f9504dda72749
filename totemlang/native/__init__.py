"""The native tier: verified bytecode as WebAssembly, with the interpreter's bits and totem."""
