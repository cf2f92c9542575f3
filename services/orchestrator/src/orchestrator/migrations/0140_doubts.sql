-- no transaction
-- Who may have said no, and nobody looked yet: bits of domain.consent.DOUBTS, from 128 on.
create index concurrently contacts_doubted on orchestrator.contacts (workspace, id)
    where withdrawn >= 128;
