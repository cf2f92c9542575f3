-- Templates at the provider, as it said last: nothing goes out by one that is not approved.
create table {schema}.templates (
    workspace text not null,
    account text not null,
    name text not null,
    language text not null,      -- as the provider writes it
    status text not null,        -- approved | pending | rejected | paused | disabled | ...
    category text not null default '',
    reason text not null default '',
    seen_at timestamptz not null,    -- when the provider told it last
    changed_at timestamptz not null, -- when it became this
    primary key (workspace, account, name, language)
);
