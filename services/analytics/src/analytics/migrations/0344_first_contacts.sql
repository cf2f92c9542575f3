-- Whether who called called again within seven days, of calls of days that are in `reckoned`. It says
-- nothing about whom, and stays when they are forgotten.
create table analytics.first_contacts (
    workspace text not null,
    interaction_id uuid not null,
    again boolean not null,
    primary key (workspace, interaction_id)
);

-- Days whose calls are all reckoned; gone as soon as a call comes that may change one of them.
create table analytics.reckoned (
    workspace text not null,
    day date not null,
    primary key (workspace, day)
);

-- Null: packed before this was kept, and to be packed again.
alter table analytics.packed add column contact bytea;
alter table analytics.packed alter contact set storage external;
