-- Ids of signed webhooks that were taken, for as long as their signatures are good.
create table ingest.webhooks (
    source text not null,
    id text not null,
    signed_at timestamptz not null, -- the newest signature that we took of it
    digest bytea not null,          -- SHA-256 of its body
    primary key (source, id)
);
create index webhooks_signed on ingest.webhooks (signed_at);
