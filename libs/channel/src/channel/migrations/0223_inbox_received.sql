-- no transaction
create index concurrently inbox_received on {schema}.inbox
    using brin (received_at) with (pages_per_range = 64);
