alter table closed_loop.endpoints add column format text not null default 'signed';  -- | slack

create table closed_loop.rules (
    workspace text not null,
    id uuid not null,
    name text not null,
    kind text not null,                     -- low_rating | falling_score | falling_response_rate
    enabled boolean not null,
    flows text[] not null,                  -- none: all; so the other three
    surveys text[] not null,
    teams text[] not null,
    queues text[] not null,
    metric text,                            -- of a falling score
    emails text[] not null,
    webhooks uuid[] not null,               -- none: all that hear of alerts
    digest text not null,                   -- at_once | hourly | daily
    cool_down integer not null,             -- seconds
    made_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    changed_by text not null,
    told_at timestamptz,                    -- when its alerts were last sent on
    looked_week date,                       -- of a falling one: the last week that was looked at
    look_at timestamptz not null default now(),
    problem text,                           -- why it could not be looked at
    primary key (workspace, id)
);

create table closed_loop.alerts (
    workspace text not null,
    id uuid not null,
    rule_id uuid not null,
    data json not null,
    made_at timestamptz not null default clock_timestamp(),
    told_at timestamptz,                    -- null: it waits to be told
    primary key (workspace, id),
    foreign key (workspace, rule_id)
        references closed_loop.rules (workspace, id) on delete cascade
);
create index alerts_untold on closed_loop.alerts (workspace, rule_id, made_at)
    where told_at is null;
create index alerts_made on closed_loop.alerts (workspace, made_at, id);
create index alerts_age on closed_loop.alerts using brin (made_at);

create table closed_loop.mails (
    workspace text not null,
    id uuid not null,
    rule_id uuid not null,
    recipient text not null,
    subject text not null,
    text text not null,
    state text not null default 'waiting',  -- waiting | sent | failed
    tries integer not null default 0,
    due_at timestamptz not null,
    problem text,
    made_at timestamptz not null default now(),
    done_at timestamptz,
    primary key (workspace, id),
    foreign key (workspace, rule_id)
        references closed_loop.rules (workspace, id) on delete cascade
);
create index mails_due on closed_loop.mails (workspace, due_at) where state = 'waiting';
create index mails_made on closed_loop.mails (workspace, made_at, id);
create index mails_age on closed_loop.mails using brin (made_at);
