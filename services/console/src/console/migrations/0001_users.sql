-- Who may look at pages. Secrets (of sessions and links) are kept as hashes.
create table {schema}.users (
    id uuid primary key,
    email text not null,
    workspace text,              -- null: the operator, every workspace
    role text not null,
    password text,               -- argon2; null: none was chosen, only links let in
    failures integer not null default 0,
    locked_until timestamptz,
    created_at timestamptz not null default now(),
    disabled_at timestamptz
);
create unique index users_email on {schema}.users (lower(email));

create table {schema}.sessions (
    hash bytea primary key,
    user_id uuid not null references {schema}.users on delete cascade,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_user on {schema}.sessions (user_id, created_at);

-- Each lets its user in once.
create table {schema}.links (
    hash bytea primary key,
    user_id uuid not null references {schema}.users on delete cascade,
    expires_at timestamptz not null
);
create index links_user on {schema}.links (user_id);

-- The sign-in log, of people we know: strangers leave no row.
create table {schema}.sign_ins (
    id bigint generated always as identity primary key,
    user_id uuid not null references {schema}.users on delete cascade,
    at timestamptz not null,
    what text not null           -- password, link, refused, locked, signed_out, password_set
);
create index sign_ins_user on {schema}.sign_ins (user_id, at);
