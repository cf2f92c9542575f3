-- What comes of a call whose time to be kept may be passed already: a late answer, a decision that
-- is told late. Who clears goes back to it (common.database.retention); whoever wrote it.
create table analytics.retention_late (
    workspace text not null,
    kind text not null,
    at timestamptz not null                 -- when the call ended
);
create index retention_late_at on analytics.retention_late (workspace, kind, at);

-- Most statements bring nothing that is old, and end after that look.
create function analytics.note_late_made() returns trigger language plpgsql as $$
begin
    if exists (select from made where ended_at < now() - interval '20 hours') then
        insert into analytics.retention_late (workspace, kind, at)
        select made.workspace, one.kind, made.ended_at
        from made cross join lateral (values
            ('comments', made.replies::text ~ '"(comment|text)":"'),
            ('addresses', num_nonnulls(made.contact_id, made.address, made.call_id) > 0)
        ) as one (kind, is_there)
        where made.ended_at < now() - interval '20 hours' and one.is_there;
    end if;
    return null;
end $$;

-- Of what is changed, what it brings: that a day is moved or an ask delivered brings nobody back.
-- A call of which we are told that it ended earlier is another age.
create function analytics.note_late_changed() returns trigger language plpgsql as $$
begin
    if exists (select from made where ended_at < now() - interval '20 hours') then
        insert into analytics.retention_late (workspace, kind, at)
        select made.workspace, one.kind, made.ended_at
        from made join before using (workspace, interaction_id) cross join lateral (values
            ('comments', made.replies::text ~ '"(comment|text)":"'
                and (made.ended_at, made.replies::text)
                    is distinct from (before.ended_at, before.replies::text)),
            ('addresses', num_nonnulls(made.contact_id, made.address, made.call_id) > 0
                and (made.ended_at, made.contact_id, made.address, made.call_id) is distinct from
                    (before.ended_at, before.contact_id, before.address, before.call_id))
        ) as one (kind, is_there)
        where made.ended_at < now() - interval '20 hours' and one.is_there;
    end if;
    return null;
end $$;

create trigger facts_late_made after insert on analytics.facts
    referencing new table as made
    for each statement execute function analytics.note_late_made();
create trigger facts_late_changed after update on analytics.facts
    referencing old table as before new table as made
    for each statement execute function analytics.note_late_changed();
