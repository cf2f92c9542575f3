-- no transaction
-- What is open is looked at workspace by workspace, so that the callbacks of one do not wait for all
-- of another. The version before, which looks by id alone, does without its index for a while.
create index concurrently inbox_open_of_workspace on {schema}.inbox (workspace, id)
    where done_at is null;
drop index concurrently if exists {schema}.inbox_open;
