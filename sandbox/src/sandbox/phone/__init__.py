"""A phone in the browser: a person is the caller, on every channel that the sandbox carries."""
