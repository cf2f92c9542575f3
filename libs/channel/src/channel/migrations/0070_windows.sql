-- When a person last wrote to a number of ours; channels on which words are free only for some time
-- after that keep it. Written under the lock of the contact.
create table {schema}.windows (
    workspace text not null,
    our_number text not null,
    contact_id uuid not null,
    heard_at timestamptz not null,
    primary key (workspace, our_number, contact_id)
) with (fillfactor = 80);
