"""HTTP in: check the caller, call one use case, return."""
