"""`aftercall up --sandbox`: a carrier without an account, and a phone in the browser."""
