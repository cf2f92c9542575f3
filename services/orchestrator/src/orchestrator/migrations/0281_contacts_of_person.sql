-- no transaction
create index concurrently contacts_person on orchestrator.contacts (workspace, person)
    where person is not null;
