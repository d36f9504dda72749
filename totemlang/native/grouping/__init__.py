"""Groups made in WebAssembly as rows are emitted: tables, exact sums, spilling, key order."""
