-- The topics of one machine: an append-only log. Offsets are dense and become visible in order,
-- because whoever appends holds the row of `log_heads` until it commits.
create table bus.topics (
    name       text primary key,
    partitions int not null check (partitions > 0)
);

create table bus.log_heads (
    topic     text not null references bus.topics (name),
    partition int not null,
    next      bigint not null default 0, -- the offset that the next record gets
    primary key (topic, partition)
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create table bus.log (
    topic      text not null,
    partition  int not null,
    "offset"   bigint not null,
    key        bytea,
    value      bytea,
    headers    jsonb, -- [[name, base64], ...]; null: none
    written_at timestamptz not null default now(),
    primary key (topic, partition, "offset")
);
-- `trim` finds old records by it; it costs next to nothing on rows that come in order of time.
create index log_written_at on bus.log using brin (written_at);

create table bus.group_offsets (
    "group"   text not null,
    topic     text not null,
    partition int not null,
    next      bigint not null, -- the offset to read next
    primary key ("group", topic, partition)
) with (fillfactor = 20);

-- Appends records, given as arrays of equal length, in one statement and so one transaction.
create function bus.append(
    topics text[], partitions int[], keys bytea[], contents bytea[], all_headers text[]
) returns void language plpgsql as $$
begin
    -- Everyone locks in the same order, so no two can wait for each other.
    perform from bus.log_heads h
        where (h.topic, h.partition) in (select * from unnest(topics, partitions))
        order by h.topic, h.partition
        for update;

    -- A statement of its own sees what was committed while we waited for the locks.
    insert into bus.log (topic, partition, "offset", key, value, headers)
    select m.topic, m.partition, h.next - 1 + row_number() over (
            partition by m.topic, m.partition order by m.position),
        m.key, m.content, m.headers::jsonb
    from unnest(topics, partitions, keys, contents, all_headers)
        with ordinality as m (topic, partition, key, content, headers, position)
    join bus.log_heads h on h.topic = m.topic and h.partition = m.partition;

    update bus.log_heads h set next = h.next + m.count
    from (
        select u.topic, u.partition, count(*) as count
        from unnest(topics, partitions) as u (topic, partition)
        group by u.topic, u.partition
    ) m
    where h.topic = m.topic and h.partition = m.partition;
end $$;
