"""What every channel over Twilio shares: requests with its credentials, signatures, its numbers."""
