"""Meta's WhatsApp Cloud API, and the people who chat there."""
