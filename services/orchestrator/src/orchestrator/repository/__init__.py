"""All SQL. Lock order everywhere: contacts, then invitations, each by workspace and id, then days.

A step is changed only by who holds its invitation.
"""
