-- What changed since: for programs that keep a copy of the answers.
--
-- `changed_at` is when an answered fact was last written, by this database's clock, whoever wrote
-- it; null: before this was kept, or not answered. `changes` has each of them once, in that order.
-- An index on facts would take away that an answer is written in place: a changed column of one is
-- a change of all.
alter table analytics.facts add column changed_at timestamptz;

create table analytics.changes (
    workspace text not null,
    changed_at timestamptz not null,
    interaction_id uuid not null,
    primary key (workspace, changed_at, interaction_id)
);

-- A transaction says when it began to write, in a lock that it holds until it has ended: what comes
-- after the oldest of these (`repository/changes.py`) may not be all there yet. The second key is
-- seconds since 2026, for it has 32 bits.
create function analytics.begin_changes() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(
        1667784046, greatest(0, floor(extract(epoch from clock_timestamp()) - 1767225600))::integer
    );
    return null;
end $$;

-- After the lock is there, so never before the time that it says.
create function analytics.date_change() returns trigger language plpgsql as $$
begin
    new.changed_at := clock_timestamp();
    return new;
end $$;

create function analytics.list_made() returns trigger language plpgsql as $$
begin
    insert into analytics.changes (workspace, changed_at, interaction_id)
    select workspace, changed_at, interaction_id from made where slots @> '{4}';  -- Slot.STARTED
    return null;
end $$;

create function analytics.list_changed() returns trigger language plpgsql as $$
begin
    delete from analytics.changes using before
    where before.changed_at is not null and changes.workspace = before.workspace
        and changes.changed_at = before.changed_at
        and changes.interaction_id = before.interaction_id;
    insert into analytics.changes (workspace, changed_at, interaction_id)
    select workspace, changed_at, interaction_id from made where slots @> '{4}';
    return null;
end $$;

create trigger facts_begin before insert or update on analytics.facts
    for each statement execute function analytics.begin_changes();
create trigger facts_date before insert or update on analytics.facts
    for each row when (new.slots @> '{4}') execute function analytics.date_change();
create trigger facts_made after insert on analytics.facts
    referencing new table as made
    for each statement execute function analytics.list_made();
create trigger facts_changed after update on analytics.facts
    referencing old table as before new table as made
    for each statement execute function analytics.list_changed();
