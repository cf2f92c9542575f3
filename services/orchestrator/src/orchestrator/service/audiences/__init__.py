"""People who are asked without a call: brought, paced, and decided about like any other."""
