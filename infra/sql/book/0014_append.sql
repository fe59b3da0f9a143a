-- The only way into the log, anew: the same promises, for a third of the time. A whole group of items is written,
-- or nothing and a verdict for each item that loses.
--
-- The arrays of one block are the columns of one table, and null when it has no rows. `…_items` says whose row it
-- is, counting from 1. The items' events lie end to end, in the order of the items, `command_events` of them each;
-- `event_reads` says which row of the `read_…` block is an event's stream. What the writer tells about itself is
-- checked here: what is recorded can never be put right.
set local role carnet_owner;

drop function carnet.append;

create function carnet.append(
    now timestamptz,
    command_ids uuid[], command_events int[], command_digests bytea[], command_answers text[],
    command_actors text[], command_times timestamptz[], correlations uuid[], causations uuid[],
    read_items int[], read_streams uuid[], read_versions bigint[],
    event_reads int[], event_versions bigint[], event_ids uuid[], event_names text[],
    event_schemas int[], event_markets text[], event_bodies text[],
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
-- Each statement is planned once in a session: planning took longer than the work. A plan made while the tables
-- were empty would scan them for ever after; the others pin index scans.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    earliest constant timestamptz := '1900-01-01 00:00Z';
    latest constant timestamptz := '2200-01-01 00:00Z';
    total constant int := coalesce(cardinality(event_ids), 0);
    head record;
    event int := 0;
    read int;
    command_ends int[] := '{}';
    event_items int[] := '{}';
    reached bigint[] := read_versions;
    -- Which event of the group is a read stream's first, and which its last; 0 of one that is only read.
    firsts int[] := array_fill(0, array[coalesce(cardinality(read_streams), 0)]);
    lasts int[] := firsts;
begin
    select h.position, h.recorded_at, h.room into head from carnet.head h for update;

    return query
    select array_position(command_ids, k.command_id), 'duplicate', null::text, k.position, k.events, k.digest,
        k.answer
    from carnet.commands k where k.command_id = any (command_ids)
    union all
    select t.item, 'behind', t.source, k.next, null, null, null
    from (select unnest(source_items) as item, unnest(source_names) as source, unnest(source_nexts) as next) t
    join carnet.tracking k on k.source = t.source and k.next >= t.next
    union all
    select r.item, 'conflict', r.stream_id::text, coalesce(s.version, 0), null, null, null
    from (
        select unnest(read_items) as item, unnest(read_streams) as stream_id, unnest(read_versions) as version
    ) r
    left join carnet.streams s on s.stream_id = r.stream_id
    -- A new stream starts at 1, and those of the eventsourcing library at 0.
    where coalesce(s.version, greatest(least(r.version, 0), -1)) is distinct from r.version
    union all
    select l.item, 'taken', k.subject::text, null, null, null, null
    from (
        select unnest(lookup_items) as item, unnest(lookup_digests) as digest,
            unnest(lookup_subjects) as subject
    ) l
    join vault.lookup k on k.digest = l.digest and k.subject <> l.subject;
    if found then
        return;
    end if;

    if (now >= earliest and now < latest) is not true then
        raise exception 'a time of the group is not within the years 1900 to 2199'
        using errcode = 'check_violation';
    end if;
    -- These are read by number here and in order there.
    if array_lower(command_ids, 1) <> 1 or array_lower(read_streams, 1) <> 1
    or array_lower(read_versions, 1) <> 1 then
        raise exception 'the rows of the group are not counted from 1' using errcode = 'check_violation';
    end if;
    for item in 1..cardinality(command_ids) loop
        if (command_times[item] >= earliest and command_times[item] < latest) is not true then
            raise exception 'a time of the group is not within the years 1900 to 2199'
            using errcode = 'check_violation';
        end if;
        if (command_events[item] >= 0 and command_events[item] <= total - event) is not true then
            raise exception 'the events of the group are not those that its items count'
            using errcode = 'check_violation';
        end if;
        for nth in event + 1 .. event + command_events[item] loop
            read := event_reads[nth];
            if (event_versions[nth] = reached[read] + 1) is not true then
                raise exception 'the events of a stream do not continue it' using errcode = 'check_violation';
            end if;
            reached[read] := event_versions[nth];
            if firsts[read] = 0 then
                firsts[read] := nth;
            end if;
            lasts[read] := nth;
            event_items[nth] := item;
        end loop;
        event := event + command_events[item];
        command_ends[item] := event;
    end loop;
    if event <> total then
        raise exception 'the events of the group are not those that its items count'
        using errcode = 'check_violation';
    end if;

    now := greatest(now, head.recorded_at);
    if head.position + total > head.room then
        head.room := carnet.make_partitions(head.position + total);
    end if;

    insert into carnet.events
    select head.position + e.nth, read_streams[e.read], e.version, e.event_id, e.name, e.schema_version,
        e.market, command_times[e.item], now, command_actors[e.item], command_ids[e.item],
        correlations[e.item], causations[e.item], e.body
    from (
        select generate_series(1, total) as nth, unnest(event_items) as item, unnest(event_reads) as read,
            unnest(event_versions) as version, unnest(event_ids) as event_id, unnest(event_names) as name,
            unnest(event_schemas) as schema_version, unnest(event_markets) as market,
            unnest(event_bodies) as body
    ) e;

    insert into carnet.streams as s
    select w.stream_id, w.version, head.position + w.first, head.position + w.last
    from (
        select unnest(read_streams) as stream_id, unnest(reached) as version, unnest(firsts) as first,
            unnest(lasts) as last
    ) w
    where w.last > 0
    on conflict (stream_id) do update
    set version = excluded.version, last_position = excluded.last_position;

    insert into carnet.commands
    select unnest(command_ids), head.position + unnest(command_ends), unnest(command_events),
        unnest(command_digests), unnest(command_answers);

    if cardinality(source_names) > 0 then
        insert into carnet.tracking
        select unnest(source_names), unnest(source_nexts)
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

    update carnet.head h set position = head.position + total, recorded_at = now, room = head.room;
    return next (null, 'appended', null, head.position, null, null, null)::carnet.verdict;
end
$$;
revoke execute on function carnet.append from public;
grant execute on function carnet.append to carnet_writer;
