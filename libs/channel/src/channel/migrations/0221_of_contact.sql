-- no transaction
-- Filters of so many pages each, written when a vacuum passes: what comes in costs nothing more.
create index concurrently inbox_contact on {schema}.inbox
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
create index concurrently dialogues_contact on {schema}.dialogues
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
create index concurrently unmatched_contact on {schema}.unmatched
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
create index concurrently links_contact on {schema}.links
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
create index concurrently windows_contact on {schema}.windows
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
