"""Pure rules of WhatsApp: templates, addresses."""
