"""Tables of invitations, their steps, and what is just being handed over."""
