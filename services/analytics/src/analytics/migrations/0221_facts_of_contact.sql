-- no transaction
-- Filters of so many pages each, written when a vacuum passes: a fact costs nothing more.
create index concurrently facts_contact on analytics.facts
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
