-- Every key leads with the workspace: nothing of one can meet what is another's.

-- Calls of sources that report them in parts (their settle window is longer than zero).
create table ingest.calls (
    workspace text not null,
    interaction_id uuid not null,
    settle interval not null,
    closes_at timestamptz,       -- when to publish what is known; null: nothing new is known
    revision integer,            -- of the event published last: 0 is the end; null: none yet
    reported_at timestamptz not null default now(), -- the newest part came
    primary key (workspace, interaction_id)
);
create index calls_closing on ingest.calls (closes_at) where closes_at is not null;
create index calls_reported on ingest.calls (reported_at);

create table ingest.parts (
    workspace text not null,
    interaction_id uuid not null,
    part uuid not null,          -- derived from its content: the same part twice is one
    number bigint generated always as identity, -- as they arrived
    report bytea not null,
    primary key (workspace, interaction_id, part),
    foreign key (workspace, interaction_id) references ingest.calls on delete cascade
);

-- Ids of signed webhooks that were taken, for as long as their signatures are good.
create table ingest.webhooks (
    workspace text not null,
    source text not null,
    id text not null,
    signed_at timestamptz not null, -- the newest signature that we took of it
    digest bytea not null,          -- SHA-256 of its body
    primary key (workspace, source, id)
);
create index webhooks_signed on ingest.webhooks (signed_at);

create table ingest.outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key bytea,
    value bytea not null,
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
