-- What is counted of a day's calls, column by column, each value by its number in `terms`: filters
-- of several dimensions read these in place of facts. A row is gone as soon as a fact of its day
-- changes, in the same transaction, and is made again when the day is quiet.
create table analytics.packed (
    workspace text not null,
    day date not null,
    facts integer not null,
    ended bytea not null,                   -- ends of the calls: 8 bytes each, microseconds of 1970
    interactions bytea not null,            -- 16 bytes each
    outcome bytea not null,                 -- each as wide as its largest number: 1, 2 or 4 bytes
    channel bytea not null,
    queue bytea not null,
    agent bytea not null,
    team bytea not null,
    number bytea not null,
    site bytea not null,
    region bytea not null,
    disposition bytea not null,
    survey bytea not null,
    metric bytea not null,
    flow bytea not null,
    direction bytea not null,
    tags bytea not null,
    languages bytea not null,
    score bytea not null,
    primary key (workspace, day)
);
-- As they are: what reads a day reads all of it, and unpacking would cost more than reading.
alter table analytics.packed
    alter ended set storage external, alter interactions set storage external,
    alter outcome set storage external, alter channel set storage external,
    alter queue set storage external, alter agent set storage external,
    alter team set storage external, alter number set storage external,
    alter site set storage external, alter region set storage external,
    alter disposition set storage external, alter survey set storage external,
    alter metric set storage external, alter flow set storage external,
    alter direction set storage external, alter tags set storage external,
    alter languages set storage external, alter score set storage external;

-- The values of packed columns by their numbers, from 0 without a gap. None ever changes.
create table analytics.terms (
    workspace text not null,
    name text not null,                     -- of the column
    code integer not null,
    value text not null,
    primary key (workspace, name, code)
);

-- What agents are called, as their calls told it last.
create table analytics.agents (
    workspace text not null,
    agent text not null,
    name text not null,
    told_at timestamptz not null,
    primary key (workspace, agent)
);
