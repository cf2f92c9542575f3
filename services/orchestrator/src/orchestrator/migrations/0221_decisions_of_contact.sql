-- no transaction
-- Filters of so many pages each, written when a vacuum passes: the hot path pays nothing for them.
create index concurrently decisions_contact on orchestrator.decisions
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
create index concurrently decisions_decided on orchestrator.decisions
    using brin (decided_at) with (pages_per_range = 64);
