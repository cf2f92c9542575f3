-- The channel kit: what one sender knows. `contacts` rows are locks; order of locks everywhere:
-- contacts by id, then sends by id, then dialogues.
create table {schema}.contacts (
    contact_id uuid primary key, -- an HMAC that includes the workspace
    workspace text not null,
    suppressed boolean not null default false,
    decided_at timestamptz,      -- `occurred_at` of the consent that holds
    suppressed_at timestamptz    -- when we took the withdrawal in, under the lock
);

create table {schema}.sends (
    id uuid primary key,         -- a step's id, or derived from the inbound message replied to
    kind text not null check (kind in ('step', 'reply')),
    workspace text not null,
    contact_id uuid not null,
    state text not null,
    urgency smallint not null default 1, -- replies 0, steps 1
    due_at timestamptz not null,
    expires_at timestamptz not null,
    provider text,
    account text,
    sender text,                 -- our number
    address text,                -- theirs
    text text,
    invitation_id uuid,
    interaction_id uuid,         -- null in a cancellation that came before its step
    flow_id text,
    answers_until timestamptz,
    step bytea,                  -- the step as it came, for the dialogue
    test boolean not null default false,
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
    look_ups smallint not null default 0
) with (fillfactor = 80);
create index sends_waiting on {schema}.sends (workspace, account, sender, urgency, due_at)
    where state = 'queued';
create index sends_expiring on {schema}.sends (expires_at) where state = 'queued';
create index sends_claimed on {schema}.sends (claimed_at) where state = 'claimed';
create index sends_unknown on {schema}.sends (look_up_at)
    where state = 'unknown' and closed_at is null;
create index sends_of_contact on {schema}.sends (contact_id);
create index sends_listed on {schema}.sends (workspace, created_at, id);

create table {schema}.dialogues (
    our_number text not null,
    contact_id uuid not null,
    invitation_id uuid not null,
    workspace text not null,
    opened_at timestamptz not null,      -- when its last ask was claimed
    answers_until timestamptz not null,
    state bytea,                         -- of the dialogue engine; null: nobody wrote yet
    primary key (our_number, contact_id, invitation_id)
);
create index dialogues_newest on {schema}.dialogues (our_number, contact_id, opened_at);

create table {schema}.inbox (
    id bigint generated always as identity primary key,
    provider text not null,
    event_key text not null,
    kind text not null check (kind in ('status', 'message')),
    workspace text not null,
    account text not null,
    contact_id uuid not null,
    send_id uuid,                -- status: from the URL that we gave
    fields jsonb not null,
    received_at timestamptz not null,
    keyword text,                -- stop | stop again: seen and acted on when it arrived
    done_at timestamptz,
    outcome text,                -- what became of it
    response_id uuid,            -- message: the response that holds it,
    response_revision integer,   -- from this revision on
    attempts smallint not null default 0,
    due_at timestamptz not null default '-infinity',
    unique (provider, event_key)
);
create index inbox_open on {schema}.inbox (id) where done_at is null;
create index inbox_open_of_contact on {schema}.inbox (contact_id) where done_at is null;

create table {schema}.unmatched (
    id uuid primary key,         -- derived from the inbound message
    workspace text not null,
    account text not null,
    our_number text not null,
    contact_id uuid not null,
    address text not null,
    text text not null,
    received_at timestamptz not null,
    why text not null            -- late | unreadable | no_dialogue
);
create index unmatched_listed on {schema}.unmatched (workspace, received_at, id);

create table {schema}.outbox (
    id         bigint generated always as identity primary key,
    topic      text not null,
    key        bytea,
    value      bytea not null,
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
