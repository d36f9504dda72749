"""Running the stages of a job over data."""
