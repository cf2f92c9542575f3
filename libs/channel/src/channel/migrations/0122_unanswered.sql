-- How many messages of a day were not answered, and why: a note to people, said once.
create table {schema}.unanswered (
    workspace text not null,
    day date not null,           -- UTC
    why text not null,           -- country | rate | strangers
    messages integer not null,
    primary key (workspace, day, why)
) with (fillfactor = 50);
