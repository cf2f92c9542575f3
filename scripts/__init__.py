"""Small programs that maintainers run; nothing of the platform imports them."""
