-- no transaction
-- What is looked at again, such as statuses of messages that are not ours, stands behind what is new.
create index concurrently inbox_due on {schema}.inbox (workspace, due_at, id)
    where done_at is null;
drop index concurrently if exists {schema}.inbox_open_of_workspace;
