"""One file a tool. Each has a class `Engine`, and writes the jobs as those who know the tool do.

An engine has

- `name` and `version`,
- `most`: rows beyond which it is not asked (it is compared by time a row then), or None,
- `load(folder, data, form)`: gets an input ready, not timed: for `memory` in the form in which
  the tool likes its data best, for `parquet` nothing but the path,
- `ways(job)`: names of the ways in which it can do a job; the fastest is taken,
- `run(job, way)`: does the job on the loaded input and gives its own kind of result, whole,
- `table(result)`: the result as an Arrow table (not timed).
"""
