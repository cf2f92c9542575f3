-- no transaction
create index concurrently parts_contact on ingest.parts
    using brin (contact_id uuid_bloom_ops) with (pages_per_range = 64);
