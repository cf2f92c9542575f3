"""Would a test fail if a line that a promise hangs on were another? `make mutations` says so."""
