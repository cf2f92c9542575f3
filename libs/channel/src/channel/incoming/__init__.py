"""The way in: callbacks are verified, stored, and worked off one contact at a time."""
