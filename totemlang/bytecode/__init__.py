"""From typed program to bytecode: lowering, container, listing."""
