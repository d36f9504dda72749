"""The runtime of native code: functions in WebAssembly text, and the selection a module needs."""
