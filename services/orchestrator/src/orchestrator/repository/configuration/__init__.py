"""The schema `config`, and the lock that its writers and the batches take turns by."""
