-- The only way into the log: a whole group of items, or nothing and a verdict for each item that loses.
-- The arrays of one block are the columns of one table; `…_items` says whose row it is, counting from 1.
-- `command_ends` is how many events of the group come before or with an item's last; `command_events` how many
-- are its own. What the writer tells about itself is checked here: what is recorded can never be put right.
set local role carnet_owner;

create function carnet.append(
    now timestamptz,
    command_ids uuid[], command_ends int[], command_events int[], command_digests bytea[],
    command_answers text[], command_actors text[], command_times timestamptz[], correlations uuid[],
    causations uuid[],
    read_items int[], read_streams uuid[], read_versions bigint[],
    event_items int[], event_streams uuid[], event_versions bigint[], event_ids uuid[],
    event_names text[], event_schemas int[], event_markets text[], event_bodies text[],
    source_items int[], source_names text[], source_nexts bigint[],
    lookup_items int[], lookup_digests bytea[], lookup_subjects uuid[],
    sealed_ids uuid[], sealed_subjects uuid[], sealed_grps text[], sealed_incarnations int[],
    sealed_formats int[], sealed_blobs bytea[], sealed_hashes bytea[],
    parked_ids uuid[], parked_sources text[], parked_topics text[], parked_partitions int[],
    parked_offsets bigint[], parked_keys text[], parked_payloads uuid[], parked_reasons text[]
) returns setof carnet.verdict
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- A plan made while the tables were empty would scan them for ever after; these pin index scans.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    head carnet.head;
    wanted bigint;
    earliest constant timestamptz := '1900-01-01 00:00Z';
    latest constant timestamptz := '2200-01-01 00:00Z';
begin
    if (now >= earliest and now < latest) is not true or exists (
        select from unnest(command_times) t (occurred_at)
        where (t.occurred_at >= earliest and t.occurred_at < latest) is not true
    ) then
        raise exception 'a time of the group is not within the years 1900 to 2199'
        using errcode = 'check_violation';
    end if;

    -- The items' events lie end to end, in the order of the items, and each says whose it is.
    if (select coalesce(max(ends), 0) from unnest(command_ends) ends) <> cardinality(event_ids)
    or exists (
        select from (
            select c.ends, c.events, lag(c.ends, 1, 0) over (order by c.item) as before
            from unnest(command_ends, command_events) with ordinality c (ends, events, item)
        ) c
        where (c.events >= 0 and c.ends = c.before + c.events) is not true
    ) or exists (
        select from unnest(event_items) with ordinality e (item, nth)
        where (e.nth > command_ends[e.item] - command_events[e.item] and e.nth <= command_ends[e.item])
            is not true
    ) or array_lower(command_ids, 1) <> 1 or array_lower(command_ends, 1) <> 1
    or array_lower(command_events, 1) <> 1 then
        raise exception 'the events of the group are not those that its items count'
        using errcode = 'check_violation';
    end if;

    select * into head from carnet.head for update;
    wanted := head.position + cardinality(event_ids);

    return query
    select c.item::int, 'duplicate', null::text, k.position, k.events, k.digest, k.answer
    from unnest(command_ids) with ordinality c (command_id, item)
    join carnet.commands k on k.command_id = c.command_id
    union all
    select t.item, 'behind', t.source, k.next, null, null, null
    from unnest(source_items, source_names, source_nexts) t (item, source, next)
    join carnet.tracking k on k.source = t.source and k.next >= t.next
    union all
    select r.item, 'conflict', r.stream_id::text, coalesce(s.version, 0), null, null, null
    from unnest(read_items, read_streams, read_versions) r (item, stream_id, version)
    left join carnet.streams s on s.stream_id = r.stream_id
    where coalesce(s.version, least(r.version, 0)) <> r.version
    union all
    select l.item, 'taken', k.subject::text, null, null, null, null
    from unnest(lookup_items, lookup_digests, lookup_subjects) l (item, digest, subject)
    join vault.lookup k on k.digest = l.digest and k.subject <> l.subject;
    if found then
        return;
    end if;

    if exists (
        select from unnest(event_streams, event_versions) e (stream_id, version)
        left join carnet.streams s on s.stream_id = e.stream_id
        group by e.stream_id, s.version
        -- A new stream starts at 1, and those of the eventsourcing library at 0.
        having min(e.version) <> coalesce(s.version + 1, greatest(least(min(e.version), 1), 0))
        or max(e.version) - min(e.version) + 1 <> count(*)
        or count(distinct e.version) <> count(*)
    ) then
        raise exception 'the events of a stream do not continue it' using errcode = 'check_violation';
    end if;

    if wanted > head.room - head.partition_size / 2 then
        perform carnet.ensure_partitions(wanted);
    end if;
    now := greatest(now, head.recorded_at);

    insert into carnet.events
    select head.position + e.nth, e.stream_id, e.version, e.event_id, e.name, e.schema_version, e.market,
        command_times[e.item], now, command_actors[e.item], command_ids[e.item], correlations[e.item],
        causations[e.item], e.body
    from unnest(event_items, event_streams, event_versions, event_ids, event_names, event_schemas,
        event_markets, event_bodies) with ordinality
        e (item, stream_id, version, event_id, name, schema_version, market, body, nth);

    insert into carnet.streams as s
    select e.stream_id, max(e.version), head.position + min(e.nth), head.position + max(e.nth)
    from unnest(event_streams, event_versions) with ordinality e (stream_id, version, nth)
    group by e.stream_id
    on conflict (stream_id) do update
    set version = excluded.version, last_position = excluded.last_position;

    insert into carnet.commands
    select c.command_id, head.position + c.ends, c.events, c.digest, c.answer
    from unnest(command_ids, command_ends, command_events, command_digests, command_answers)
        c (command_id, ends, events, digest, answer);

    if cardinality(source_names) > 0 then
        insert into carnet.tracking
        select * from unnest(source_names, source_nexts)
        on conflict (source) do update set next = excluded.next;
    end if;

    if cardinality(lookup_digests) > 0 then
        insert into vault.lookup
        select distinct l.digest, l.subject from unnest(lookup_digests, lookup_subjects) l (digest, subject)
        where not exists (select from vault.lookup k where k.digest = l.digest)
        and not exists (select from vault.erased e where e.subject = l.subject);
    end if;

    if cardinality(sealed_ids) > 0 then
        insert into vault.sealed
        select s.* from unnest(sealed_ids, sealed_subjects, sealed_grps, sealed_incarnations, sealed_formats,
            sealed_blobs, sealed_hashes) s (id, subject, grp, incarnation, format, blob, sha256)
        where not exists (select from vault.erased e where e.subject = s.subject);
    end if;

    if cardinality(parked_ids) > 0 then
        insert into carnet.parked (id, source, topic, partition, "offset", key, payload, reason, parked_at)
        select p.*, now
        from unnest(parked_ids, parked_sources, parked_topics, parked_partitions, parked_offsets, parked_keys,
            parked_payloads, parked_reasons) p;
    end if;

    update carnet.head h set position = wanted, recorded_at = now;
    return next (null, 'appended', null, head.position, null, null, null)::carnet.verdict;
end
$$;
revoke execute on function carnet.append from public;
grant execute on function carnet.append to carnet_writer;
