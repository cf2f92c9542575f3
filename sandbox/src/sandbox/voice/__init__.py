"""Telephone calls: who is rung, what they hear and press, as Twilio Voice carries it."""
