"""The `aftercall` command: the platform on one machine, and the operator's tools."""
