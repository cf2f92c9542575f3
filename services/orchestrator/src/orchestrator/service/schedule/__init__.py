"""The steps of invitations: handed over when they are due, settled by what is heard of them."""
