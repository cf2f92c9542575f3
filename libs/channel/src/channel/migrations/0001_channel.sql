-- The channel kit: what one sender knows. The workspace is in every key and look-up.
-- `contacts` rows are locks; order of locks everywhere: contacts by (workspace, id), then sends by
-- (workspace, id), then dialogues.
create table {schema}.contacts (
    workspace text not null,
    contact_id uuid not null,    -- an HMAC of the address that includes the workspace
    suppressed boolean not null default false,
    decided_at timestamptz,      -- `occurred_at` of the consent that holds
    suppressed_at timestamptz,   -- when we took the withdrawal in, under the lock
    primary key (workspace, contact_id)
) with (fillfactor = 90);

-- Narrow, for a row changes three times per text. What changes then (state, attempts, times,
-- revision) stands in no index and in no index's predicate, so that the new version of the row
-- stays on its page and no index is written (HOT). Only a record moves `open` and brings the
-- provider's id, once.
create table {schema}.sends (
    workspace text not null,
    id uuid not null,            -- a step's id, or derived from the message that is followed up
    kind text not null check (kind in ('step', 'follow_up')),
    contact_id uuid not null,
    state text not null,
    open boolean not null generated always as (state in ('queued', 'claimed')) stored,
    urgency smallint not null default 1, -- follow-ups 0, steps 1
    due_at timestamptz not null,
    expires_at timestamptz not null,
    provider text,
    account text,
    sender text,                 -- our number
    invitation_id uuid,
    interaction_id uuid,         -- null in a cancellation that came before its step
    test boolean not null default false,
    step_kind text not null default 'ask',       -- ask, reminder, fallback: of a step
    number smallint not null default 0,          -- of a step within its invitation
    continues smallint,                          -- a reminder: number of the step that it repeats
    despite_stop boolean not null default false, -- the one confirmation of a STOP
    attempts integer not null default 0,
    revision integer not null default 0,         -- counts the deliveries published
    provider_message_id text,
    failure text,
    reason text,
    created_at timestamptz not null default now(),
    claimed_at timestamptz,
    sent_at timestamptz,
    delivered_at timestamptz,
    closed_at timestamptz,       -- unknown: nobody looks for it any more
    look_up_at timestamptz,      -- unknown: when to ask the provider
    look_ups smallint not null default 0,
    primary key (workspace, id)
) with (fillfactor = 50);
create index sends_open on {schema}.sends (workspace, account, sender, urgency, due_at)
    where open;
create index sends_expiring on {schema}.sends (expires_at) where open;
create index sends_unknown on {schema}.sends (look_up_at) where look_up_at is not null;
create index sends_of_contact on {schema}.sends (workspace, contact_id);
create index sends_of_provider on {schema}.sends (workspace, account, provider_message_id)
    where provider_message_id is not null;
create index sends_listed on {schema}.sends (workspace, created_at, id);

-- What a send says and to whom: written with it, never changed.
create table {schema}.messages (
    workspace text not null,
    send_id uuid not null,
    address text not null,       -- theirs
    content jsonb not null,      -- tagged: text, template, prompt, mail
    flow_id text,
    answers_until timestamptz,
    step bytea,                  -- the step as it came, for the dialogue
    traceparent text,            -- W3C, for the log line of the request
    primary key (workspace, send_id)
);

create table {schema}.dialogues (
    workspace text not null,
    our_number text not null,
    contact_id uuid not null,
    invitation_id uuid not null,
    opened_at timestamptz not null,      -- when its last ask was claimed
    answers_until timestamptz not null,
    state bytea,                         -- of the dialogue engine; null: nobody wrote yet
    primary key (workspace, our_number, contact_id, invitation_id)
) with (fillfactor = 20);
create index dialogues_newest
    on {schema}.dialogues (workspace, our_number, contact_id, opened_at);

create table {schema}.inbox (
    workspace text not null,
    account text not null,
    event_key text not null,     -- the provider's
    id bigint generated always as identity, -- the order of arrival
    provider text not null,
    kind text not null check (kind in ('status', 'message')),
    contact_id uuid not null,
    message_id text not null,    -- the provider's name of the message
    send_id uuid,                -- status: from the URL that we gave
    fields jsonb not null,       -- as they came
    received_at timestamptz not null,
    awaits_content boolean not null default false, -- the request was answered with `content`
    keyword text,                -- stop | stop again: seen and acted on when it arrived
    done_at timestamptz,
    outcome text,                -- what became of it
    content jsonb,               -- what it was answered, and every copy of it
    response_id uuid,            -- message: the response that holds it,
    response_revision integer,   -- from this revision on
    attempts smallint not null default 0,
    due_at timestamptz not null default '-infinity',
    primary key (workspace, account, event_key)
) with (fillfactor = 80);
create index inbox_open on {schema}.inbox (id) where done_at is null;
create index inbox_open_of_contact on {schema}.inbox (workspace, contact_id)
    where done_at is null;

create table {schema}.unmatched (
    workspace text not null,
    id uuid not null,            -- derived from the inbound message
    account text not null,
    our_number text not null,
    contact_id uuid not null,
    address text not null,
    text text not null,
    received_at timestamptz not null,
    why text not null,           -- late | unreadable | no_dialogue
    primary key (workspace, id)
);
create index unmatched_listed on {schema}.unmatched (workspace, received_at, id);

create table {schema}.outbox (
    id         bigint generated always as identity primary key,
    topic      text not null,
    key        bytea,
    value      bytea not null,
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
