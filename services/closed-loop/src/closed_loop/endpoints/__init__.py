"""REST: endpoints of workspaces, what was delivered to them, what is sent again."""
