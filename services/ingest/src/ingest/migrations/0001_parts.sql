-- Calls of sources that tell a call in parts (their settle window is longer than zero).
create table ingest.calls (
    interaction_id uuid primary key,
    settle interval not null,
    closes_at timestamptz,       -- when to tell what is known; null: nothing new is known
    revision integer,            -- of the event told last: 0 is the end; null: nothing told yet
    heard_at timestamptz not null default now()
);
create index calls_closing on ingest.calls (closes_at) where closes_at is not null;
create index calls_heard on ingest.calls (heard_at);

create table ingest.parts (
    interaction_id uuid not null references ingest.calls on delete cascade,
    part uuid not null,          -- derived from its content: the same part twice is one
    number bigint generated always as identity, -- as they arrived
    report bytea not null,
    primary key (interaction_id, part)
);

create table ingest.outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key bytea,
    value bytea not null,
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
