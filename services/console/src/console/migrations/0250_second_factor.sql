-- A second factor, by RFC 6238. `totp` is sealed by a key that is made of the pepper.
alter table {schema}.users
    add column totp bytea,
    add column totp_used bigint not null default 0,  -- the last step of a code that was taken
    add column totp_needed boolean not null default false;

-- Each is good for one code.
create table {schema}.recovery_codes (
    user_id uuid not null references {schema}.users on delete cascade,
    hash bytea not null,
    primary key (user_id, hash)
);

-- The password was right, and the code is not told yet: such a session opens nothing.
alter table {schema}.sessions add column waits boolean not null default false;

-- Workspaces whose admins need a second factor; '' is the operators'.
create table {schema}.strict_workspaces (
    workspace text primary key
);
