"""What the WhatsApp sender does beside the channel kit: templates, and what goes out now."""
