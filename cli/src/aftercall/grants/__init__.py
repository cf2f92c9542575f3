"""What each service may do, on the broker and in the database: nothing more than it needs."""
