-- Numbers that a provider called dead for good: bits of domain.consent, and when it was said last.
alter table orchestrator.contacts
    add column unreachable smallint not null default 0,
    add column unreachable_since timestamptz;
