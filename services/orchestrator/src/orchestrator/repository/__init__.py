"""All SQL. Lock order everywhere: contacts by id, then invitations by id, then days."""
