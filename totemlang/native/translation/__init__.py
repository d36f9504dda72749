"""From verified bytecode to WebAssembly text: bodies, control, operations, stages, charges."""
