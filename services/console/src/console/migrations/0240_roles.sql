-- Whose calls somebody sees who may not see all: of these teams, or of this agent.
alter table {schema}.users
    add column teams text[] not null default '{}',
    add column agent text not null default '';

-- Who changed whom, and what was before and after; of a user that is gone, too.
create table {schema}.user_changes (
    id bigint generated always as identity primary key,
    user_id uuid,                 -- null: of the workspace itself
    email text not null,
    workspace text,               -- the user's; null: an operator
    at timestamptz not null,
    changed_by text not null,
    before json,                  -- null: there was none
    after json
);
create index user_changes_user on {schema}.user_changes (user_id, id);
