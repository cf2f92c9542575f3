-- The hot path writes two rows per call, so tables are lean: few indexes, no JSON.

create table orchestrator.contacts (
    id uuid primary key,
    workspace text not null,
    address text,                       -- null: so far known by id only (an opt-out came first)
    withdrawn smallint not null default 0,   -- bits of domain.consent
    granted smallint not null default 0,
    asks bytea                          -- recent asks: msgpack of domain.contact.Ask
) with (fillfactor = 80);

create table orchestrator.decisions (
    interaction_id uuid primary key,
    workspace text not null,
    reason text,                        -- null: invited
    decided_at timestamptz not null,
    copies integer not null,            -- how often the same interaction came again
    event bytea not null                -- decision.made.v1 as published; published again as it is
) with (toast_tuple_target = 8160);     -- compressing two kilobytes costs more than storing them

create table orchestrator.questionnaires (
    id uuid primary key,                -- derived from the body
    body bytea not null
);

create table orchestrator.invitations (
    id uuid primary key,
    interaction_id uuid not null,
    contact_id uuid not null,
    workspace text not null,
    flow_id text not null,
    channel text not null,
    questionnaire uuid not null,
    status text not null,
    reason text,
    planned_at timestamptz not null,
    due_at timestamptz,                 -- null: nothing is left to publish
    leased_until timestamptz,           -- somebody is publishing it; afterwards anybody may
    send_by timestamptz not null,
    answers_until timestamptz not null,
    test boolean not null
) with (fillfactor = 80);
create index invitations_due on orchestrator.invitations (due_at) where due_at is not null;
-- Rows come in the order of time, so this costs next to nothing; it finds what a switched-off flow
-- may still have at senders.
create index invitations_planned on orchestrator.invitations using brin (planned_at);

create table orchestrator.daily_asks (
    workspace text not null,
    day date not null,                  -- in the workspace's zone
    asks integer not null,
    primary key (workspace, day)
) with (fillfactor = 50);

create table orchestrator.consent_ledger (
    id uuid primary key,
    workspace text not null,
    contact_id uuid not null,
    channel text not null,
    state text not null,
    occurred_at timestamptz not null,
    source text not null,
    evidence text not null,
    recorded_at timestamptz not null default now()
);
create index consent_ledger_contact on orchestrator.consent_ledger (contact_id);

create table orchestrator.outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key bytea,
    value bytea not null,
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
