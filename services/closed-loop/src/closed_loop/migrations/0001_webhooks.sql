-- What responses are about: the call as its decision told it, in the shape of the API. A row is made
-- by whichever comes first, the decision or an answer; its lock lets the two meet.
create table closed_loop.calls (
    workspace text not null,
    interaction_id uuid not null,
    revision bigint,                        -- of the decision; null: not known yet
    body json,                              -- number masked
    address text,                           -- in full
    made_at timestamptz not null default now(),
    primary key (workspace, interaction_id)
);
create index calls_made on closed_loop.calls using brin (made_at);

-- The highest revision of each response that was seen.
create table closed_loop.responses (
    workspace text not null,
    id uuid not null,
    interaction_id uuid not null,
    revision bigint not null,
    finished boolean not null,
    waiting json not null default '[]',     -- what is to be told once the call is known
    made_at timestamptz not null default now(),
    primary key (workspace, id)
);
create index responses_waiting on closed_loop.responses (workspace, interaction_id)
    where waiting::text <> '[]';
create index responses_made on closed_loop.responses using brin (made_at);

create table closed_loop.endpoints (
    workspace text not null,
    id uuid not null,
    name text not null,
    url text not null,
    events text[] not null,
    flows text[] not null,                  -- none: all
    surveys text[] not null,                -- none: all
    numbers text not null,                  -- masked | full
    enabled boolean not null,
    salt bytea not null,                    -- the secret is derived from it (domain/signing.py)
    previous_salt bytea,
    previous_until timestamptz,             -- until then both secrets sign
    made_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    changed_by text not null,
    failing_since timestamptz,              -- the first failure since it last took something
    disabled_because text,                  -- we did it, not they
    primary key (workspace, id)
);

-- What there is to tell, once, however many endpoints take it.
create table closed_loop.messages (
    workspace text not null,
    id uuid not null,
    type text not null,
    at timestamptz not null,
    flow_id text,
    survey_id text,
    data json not null,                     -- number masked
    address text,                           -- in full
    made_at timestamptz not null default clock_timestamp(),
    primary key (workspace, id)
);
create index messages_age on closed_loop.messages using brin (made_at);
create index messages_made on closed_loop.messages (workspace, made_at, id);

create table closed_loop.deliveries (
    workspace text not null,
    endpoint_id uuid not null,
    message_id uuid not null,
    state text not null default 'waiting',  -- waiting | delivered | failed
    tries integer not null default 0,       -- of its present course: begun again by a replay
    due_at timestamptz not null,            -- while waiting: not before; of one in flight, its lease
    status integer,                         -- what was answered last; null: nothing was
    problem text,                           -- in words, when it failed last
    made_at timestamptz not null default now(),
    done_at timestamptz,
    primary key (workspace, endpoint_id, message_id),
    foreign key (workspace, endpoint_id)
        references closed_loop.endpoints (workspace, id) on delete cascade,
    foreign key (workspace, message_id)
        references closed_loop.messages (workspace, id) on delete cascade
);
create index deliveries_due on closed_loop.deliveries (workspace, endpoint_id, due_at)
    where state = 'waiting';
create index deliveries_made on closed_loop.deliveries
    (workspace, endpoint_id, made_at, message_id);
create index deliveries_message on closed_loop.deliveries (workspace, message_id);

create table closed_loop.attempts (
    workspace text not null,
    endpoint_id uuid not null,
    message_id uuid not null,
    at timestamptz not null,
    status integer,
    problem text,
    answer text not null,                   -- its beginning
    milliseconds integer not null,
    primary key (workspace, endpoint_id, message_id, at),
    foreign key (workspace, endpoint_id, message_id)
        references closed_loop.deliveries (workspace, endpoint_id, message_id) on delete cascade
);
