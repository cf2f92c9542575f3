-- One row per interaction, made by whichever of its events comes first.
create table analytics.facts (
    workspace text not null,
    interaction_id uuid not null,
    writes integer not null,                -- tells a row that another consumer has just made
    test boolean not null default false,

    -- Of the decision; null until it is known. `day` is that of the call's end in `zone`.
    revision bigint,                        -- of an amendment: milliseconds of its time
    day date,
    zone text,                              -- the workspace's, when the decision came in
    ended_at timestamptz,
    decided_at timestamptz,
    reason text,                            -- null: asked
    flow_id text,
    flow_version integer,
    survey text not null default '',
    survey_version integer,
    metric text not null default '',
    planned_channel text not null default '',
    invitation_id uuid,
    contact_id uuid,
    address text,                           -- masked

    -- Attribution, frozen as the event told it. '': none. The last agent, queue and team.
    queue text not null default '',
    agent text not null default '',
    agent_name text not null default '',
    team text not null default '',
    number text not null default '',
    site text not null default '',
    region text not null default '',
    disposition text not null default '',
    agents text[] not null default '{}',    -- per leg that had an agent, parallel to teams
    teams text[] not null default '{}',
    longest smallint,                       -- which of them talked longest, from 1

    kind text,
    ending text,
    direction text,
    country text,
    source text,
    call_id text,
    talk_seconds real,
    wait_seconds real,
    hold_seconds real,
    transfers smallint,
    tags text[] not null default '{}',

    -- What happened since: highest revisions, as domain/facts.py has them.
    steps json not null default '[]',
    replies json not null default '[]',

    -- Derived from the above by domain/contributions.py, for reading.
    slots smallint[] not null default '{}',
    answers text[] not null default '{}',   -- each by domain/instruments.py, code
    channel text not null default '',
    score smallint,
    answered_at timestamptz,
    answered_day date,                      -- in `zone`

    primary key (workspace, interaction_id)
) with (fillfactor = 40);                   -- an answer doubles a row and should fit beside it

create index facts_day on analytics.facts (workspace, day, ended_at, interaction_id);
create index facts_queue on analytics.facts (workspace, queue, day);
create index facts_agent on analytics.facts (workspace, agent, day);
-- BRIN: answers come roughly in the order of their rows, and an answer then changes no B-tree.
create index facts_answered on analytics.facts using brin (answered_day)
    with (pages_per_range = 32);

-- Sums of contributions (domain/cells.py, Cell); an absent row is a row of zeros. Only `counts`
-- ever changes, and it is in no index.
create table analytics.rollups (
    workspace text not null,
    dimension text not null,
    grain text not null,                    -- d: a day, m: a month
    start date not null,
    value text not null,
    survey text not null,
    question text not null,                 -- '': a funnel
    metric text not null,
    low integer not null,
    high integer not null,
    first boolean not null,
    counts integer[] not null,              -- of slots, or of the values from low to high
    primary key (
        workspace, dimension, grain, start, value, survey, question, metric, low, high, first
    )
) with (fillfactor = 50);
