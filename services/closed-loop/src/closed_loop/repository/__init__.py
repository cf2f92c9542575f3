"""All SQL of the schema `closed_loop`, an idea each."""
