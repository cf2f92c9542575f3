-- no transaction
-- The change log is asked for one document at a time: what its next version is, what it began as.
create index concurrently changes_document on config.changes (workspace, kind, document, version);
