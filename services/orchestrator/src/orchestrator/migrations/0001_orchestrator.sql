-- The hot path writes three rows per call that is asked about and one per other, so tables are lean:
-- few indexes, no JSON. Every key begins with the workspace; its names are ASCII, so they are
-- compared byte by byte. Columns that change often are in no index (nor in an index's condition),
-- and pages keep room: such updates are HOT.

create table orchestrator.contacts (
    workspace text collate "C" not null,
    id uuid not null,
    address text,                       -- null: so far known by id only (an opt-out came first)
    withdrawn smallint not null default 0,   -- bits of domain.consent
    granted smallint not null default 0,
    asks bytea,                         -- recent asks: msgpack of domain.contact.Ask
    primary key (workspace, id)
) with (fillfactor = 80);

create table orchestrator.decisions (
    workspace text collate "C" not null,
    interaction_id uuid not null,
    reason text,                        -- null: invited
    decided_at timestamptz not null,
    copies integer not null,            -- how often the same interaction came again
    event bytea not null,               -- decision.made.v1 as published; published again as it is
    primary key (workspace, interaction_id)
) with (toast_tuple_target = 8160);     -- compressing two kilobytes costs more than storing them

create table orchestrator.questionnaires (
    workspace text collate "C" not null,
    id uuid not null,                   -- derived from the body
    body bytea not null,
    primary key (workspace, id)
);

create table orchestrator.invitations (
    workspace text collate "C" not null,
    id uuid not null,
    interaction_id uuid not null,
    contact_id uuid not null,
    flow_id text not null,
    questionnaire uuid not null,
    planned_at timestamptz not null,
    answers_until timestamptz not null,
    test boolean not null,
    plan bytea,                         -- msgpack of domain.channel_plan; null: an ask, no more
    status text not null,
    reason text,                        -- why it failed or was cancelled
    stopped text,                       -- why no further step is tried
    primary key (workspace, id)
) with (fillfactor = 85);

create table orchestrator.steps (
    workspace text collate "C" not null,
    invitation_id uuid not null,
    number smallint not null,           -- its place in the plan
    kind text not null,
    channel text not null,
    state text not null,
    reason text,
    due_at timestamptz not null,
    send_by timestamptz not null,
    sent_at timestamptz,
    -- For the index: what never waited is in none, whatever becomes of it.
    waits boolean not null generated always as (state = 'waiting') stored,
    primary key (workspace, invitation_id, number)
) with (fillfactor = 80);
create index steps_due on orchestrator.steps (due_at) where waits;
-- What a sender may still have: for the kill switch of a flow, and for what no sender took. Bounded
-- by how long steps are valid, however many invitations there are.
create index steps_send_by on orchestrator.steps (workspace, send_by);

-- How far we have looked for steps that no sender took.
create table orchestrator.not_taken (
    only_row boolean primary key default true check (only_row),
    looked_until timestamptz not null
);
insert into orchestrator.not_taken (looked_until) values ('2000-01-01');

-- What a transaction planned or took to be published: one row for all of it instead of a lease on
-- each step. Deleted once it is published; what is left after the lease, anybody takes over.
create table orchestrator.handovers (
    id bigint generated always as identity primary key,
    leased_until timestamptz not null,
    workspaces text[] not null,         -- of each step
    invitations uuid[] not null,
    numbers smallint[] not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table orchestrator.daily_asks (
    workspace text collate "C" not null,
    day date not null,                  -- in the workspace's zone
    asks integer not null,
    primary key (workspace, day)
) with (fillfactor = 50);

create table orchestrator.consent_ledger (
    workspace text collate "C" not null,
    id uuid not null,
    contact_id uuid not null,
    channel text not null,
    state text not null,
    occurred_at timestamptz not null,
    source text not null,
    evidence text not null,
    recorded_at timestamptz not null default now(),
    primary key (workspace, id)
);
create index consent_ledger_contact on orchestrator.consent_ledger (workspace, contact_id);

create table orchestrator.outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key bytea,
    value bytea not null,
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
