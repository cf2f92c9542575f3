"""Topics in and out: consumers, the record processor, dead letters, the outbox."""
