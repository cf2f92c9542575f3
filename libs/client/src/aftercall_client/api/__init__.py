"""A module for each service, written by `make contracts`."""
