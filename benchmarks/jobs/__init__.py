"""Eight jobs, each asked of TOTEM and of the tools that people would use instead.

`python -m benchmarks.jobs.compare` runs them; `engines/` holds one file a tool, `programs/` the
TOTEM sources, `inputs.py` makes the data.
"""
