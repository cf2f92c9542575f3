-- Calls of sources that tell a call in parts (their settle window is longer than zero).
create table ingest.calls (
    interaction_id uuid primary key,
    settle interval not null,
    closes_at timestamptz,       -- when to tell what is known; null: nothing new is known
    revision integer,            -- of the event told last: 0 is the end; null: nothing told yet
    told_key bytea,              -- that event as a message, frozen until it is published
    told bytea,
    publish_at timestamptz,      -- when to publish it (again); null: it is published
    heard_at timestamptz not null default now()
);
create index calls_closing on ingest.calls (closes_at) where closes_at is not null;
create index calls_publishing on ingest.calls (publish_at) where publish_at is not null;
create index calls_heard on ingest.calls (heard_at);

create table ingest.parts (
    interaction_id uuid not null references ingest.calls on delete cascade,
    part uuid not null,          -- derived from its content: the same part twice is one
    number bigint generated always as identity, -- as they arrived
    report bytea not null,
    primary key (interaction_id, part)
);
