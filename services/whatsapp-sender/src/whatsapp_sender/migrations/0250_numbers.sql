-- Our numbers at the provider, as it said last: how people judge them, and how many may be written to.
create table {schema}.numbers (
    workspace text not null,
    account text not null,
    number text not null,
    status text not null default '',          -- connected | restricted | flagged | ...
    quality text not null default '',         -- green | yellow | red | unknown
    messaging_limit text not null default '', -- people in 24 hours, of the whole business
    verified_name text not null default '',   -- as people read it
    name_status text not null default '',
    verification text not null default '',    -- of the business: verified | not_verified | ...
    review text not null default '',          -- of the account: approved | pending | rejected
    changed_at timestamptz not null,          -- when it became this
    primary key (workspace, account, number)
);
