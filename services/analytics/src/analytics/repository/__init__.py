"""All SQL of the schema `analytics`."""
