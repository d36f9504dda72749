"""What is published about data: machine types, metadata, policy."""
