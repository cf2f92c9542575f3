-- no transaction
-- The newest of each channel and state is one step down, however often somebody said the same.
create index concurrently consent_ledger_newest on orchestrator.consent_ledger
    (workspace, contact_id, channel, state, occurred_at);
drop index concurrently if exists orchestrator.consent_ledger_contact;
