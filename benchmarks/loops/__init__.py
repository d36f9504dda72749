"""The same loops in TOTEM and in other metered machines: nanoseconds an operation.

`python -m benchmarks.loops.compare` runs them; each machine has a file that runs one loop and
prints the seconds it took.
"""
