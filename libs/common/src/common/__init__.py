"""What two or more services share. It never imports a service."""
