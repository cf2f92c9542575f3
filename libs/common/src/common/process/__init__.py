"""What a service is made of: how it is declared, run, configured, and reached by HTTP."""
