-- What a transaction planned or took to be published: one row for all of it instead of a lease on
-- each invitation. Deleted once it is published; what is left after the lease, anybody takes over.
create table orchestrator.handovers (
    id bigint generated always as identity primary key,
    leased_until timestamptz not null,
    invitations uuid[] not null         -- whose ask, or reminder, it is
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What is leased at this moment becomes a handover. The column stays for replicas of the version
-- before, which may still run beside; a later release drops it.
with moved as (
    update orchestrator.invitations
    set status = 'asked', reminder = case reminder when 'pending' then 'asked' else reminder end,
        due_at = null, leased_until = null
    where leased_until is not null and status in ('pending', 'asked')
    returning id
)
insert into orchestrator.handovers (leased_until, invitations)
    select now() + interval '30 seconds', array_agg(id) from moved having count(*) > 0;
