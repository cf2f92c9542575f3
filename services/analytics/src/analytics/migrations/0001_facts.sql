-- One row per interaction, made by whichever of its events comes first.
create table analytics.facts (
    interaction_id uuid primary key,        -- derived from the workspace, so unique over all
    workspace text not null,
    writes integer not null,                -- tells a row that another consumer has just made
    test boolean not null default false,

    -- Of the decision; null until it is known. `day` is the call's, in the workspace's zone.
    revision bigint,                        -- of an amendment: milliseconds of its time
    day date,
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
    channel text not null default '',
    score smallint,
    answered_at timestamptz,
    answered_day date                       -- in the workspace's zone
) with (fillfactor = 50);                   -- an answer doubles a row and should fit beside it

create index facts_day on analytics.facts (workspace, day, ended_at, interaction_id);
create index facts_queue on analytics.facts (workspace, queue, day);
create index facts_agent on analytics.facts (workspace, agent, day);
-- BRIN: answers come roughly in the order of their rows, and an answer then changes no B-tree.
create index facts_answered on analytics.facts using brin (answered_day)
    with (pages_per_range = 32);

-- Sums of contributions; an absent row is a row of zeros.
create table analytics.rollups (
    workspace text not null,
    dimension text not null,
    grain text not null,                    -- d: a day, m: a month
    start date not null,
    value text not null,
    survey text not null,
    metric text not null,
    counts integer[] not null,              -- by domain/contributions.py, Slot
    primary key (workspace, dimension, grain, start, value, survey, metric)
) with (fillfactor = 50);
