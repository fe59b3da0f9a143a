-- `append` once more: each row is looked up by its key, whatever the planner takes a table for.
--
-- A session plans a statement once. Planned while a table was empty, and known by its statistics to be, a join read all
-- of it for each group from then on, until the statistics came to be renewed. So nothing here is a join that could be
-- planned as one: `offset 0` keeps the planner from making one of a look-up.
--
-- And what has neither events nor a digest, but moves its source on, leaves no row behind: whoever follows the log does
-- so several times a second. All else is as in 0026.
set local role carnet_owner;

create or replace function carnet.append(
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
) returns json
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    earliest constant timestamptz := timestamptz '1900-01-01 00:00Z';
    latest constant timestamptz := timestamptz '2200-01-01 00:00Z';
    total constant int := coalesce(cardinality(event_ids), 0);
    before bigint;
    recorded timestamptz;
    room bigint;
    losses json;
    counted int := 0;
    read int;
    command_ends int[];
    event_items int[];
    reached bigint[] := read_versions;
    -- Which event of the group is a read stream's first, and which its last; null of one that is only read.
    firsts int[];
    lasts int[];
begin
    -- First of all statements: this locks the head. It is moved at once, and back if the group loses: a lock now and a
    -- move at the end would be one statement more.
    update carnet.head h set position = h.position + total, recorded_at = greatest(now, h.recorded_at)
    returning h.position - total, h.recorded_at, h.room into before, recorded, room;

    -- Most commands lose nothing, and bring no source and no unique text. Of those it is asked first whether any may
    -- lose. This may say yes too often, as of a stream of the library, which begins at 0; it never says no too often.
    if cardinality(source_names) > 0 or cardinality(lookup_digests) > 0
    or exists (select from carnet.commands k where k.command_id = any (command_ids))
    or exists (
        select from (select unnest(read_streams) as stream_id, unnest(read_versions) as version) r
        where coalesce((select s.version from carnet.streams s where s.stream_id = r.stream_id), 0)
            is distinct from r.version
    ) then
        select json_agg(l) into losses
        from (
            select array_position(command_ids, k.command_id) as item, 'duplicate' as verdict, null as key,
                k.position as at, k.events, encode(k.digest, 'hex') as digest, k.answer
            from carnet.commands k where k.command_id = any (command_ids)
            union all
            select t.item, 'behind', t.source, k.next, null, null, null
            from (
                select unnest(source_items) as item, unnest(source_names) as source, unnest(source_nexts) as next
            ) t
            cross join lateral (
                select k.next from carnet.tracking k where k.source = t.source and k.next >= t.next offset 0
            ) k
            union all
            select r.item, 'conflict', r.stream_id::text, coalesce(s.version, 0), null, null, null
            from (
                select unnest(read_items) as item, unnest(read_streams) as stream_id,
                    unnest(read_versions) as version
            ) r
            left join lateral (
                select s.version from carnet.streams s where s.stream_id = r.stream_id offset 0
            ) s on true
            -- A new stream starts at 1, and those of the eventsourcing library at 0.
            where coalesce(s.version, greatest(least(r.version, 0), -1)) is distinct from r.version
            union all
            select l.item, 'taken', k.subject::text, null, null, null, null
            from (
                select unnest(lookup_items) as item, unnest(lookup_digests) as digest,
                    unnest(lookup_subjects) as subject
            ) l
            cross join lateral (
                select k.subject from vault.lookup k where k.digest = l.digest offset 0
            ) k
            where k.subject <> l.subject
        ) l;
        if losses is not null then
            update carnet.head set position = before, recorded_at = coalesce(
                (select e.recorded_at from carnet.events e where e.position = before), '-infinity'
            );
            return losses;
        end if;
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
        if (command_events[item] >= 0 and command_events[item] <= total - counted) is not true then
            raise exception 'the events of the group are not those that its items count'
            using errcode = 'check_violation';
        end if;
        for nth in counted + 1 .. counted + command_events[item] loop
            read := event_reads[nth];
            if (event_versions[nth] = reached[read] + 1) is not true then
                raise exception 'the events of a stream do not continue it' using errcode = 'check_violation';
            end if;
            reached[read] := event_versions[nth];
            firsts[read] := coalesce(firsts[read], nth);
            lasts[read] := nth;
            event_items[nth] := item;
        end loop;
        counted := counted + command_events[item];
        command_ends[item] := counted;
    end loop;
    if counted <> total then
        raise exception 'the events of the group are not those that its items count'
        using errcode = 'check_violation';
    end if;

    if before + total > room then
        update carnet.head set room = carnet.make_partitions(before + total);
    end if;

    insert into carnet.events
    select before + e.nth, read_streams[e.read], e.version, e.event_id, e.name, e.schema_version,
        e.market, command_times[e.item], recorded, command_actors[e.item], command_ids[e.item],
        correlations[e.item], causations[e.item], e.body
    from (
        select generate_series(1, total) as nth, unnest(event_items) as item, unnest(event_reads) as read,
            unnest(event_versions) as version, unnest(event_ids) as event_id, unnest(event_names) as name,
            unnest(event_schemas) as schema_version, unnest(event_markets) as market,
            unnest(event_bodies) as body
    ) e;

    insert into carnet.streams
    select read_streams[r], reached[r], before + firsts[r], before + lasts[r]
    from (select generate_series(1, cardinality(read_streams)) as r) w
    where lasts[r] is not null
    on conflict (stream_id) do update
    set version = excluded.version, last_position = excluded.last_position;

    -- An item that only moves its source on is no command: its source tells that it was here.
    insert into carnet.commands
    select c.id, before + c.ends, c.events, c.digest, c.answer
    from (
        select generate_subscripts(command_ids, 1) as item, unnest(command_ids) as id,
            unnest(command_ends) as ends, unnest(command_events) as events, unnest(command_digests) as digest,
            unnest(command_answers) as answer
    ) c
    where source_items is null or c.item <> all (source_items) or c.events > 0 or c.digest is not null
        or cardinality(parked_ids) > 0;

    if cardinality(source_names) > 0 then
        insert into carnet.tracking
        select unnest(source_names), unnest(source_nexts)
        on conflict (source) do update set next = excluded.next;
    end if;

    if cardinality(lookup_digests) > 0 then
        insert into vault.lookup
        select distinct l.digest, l.subject from unnest(lookup_digests, lookup_subjects) l (digest, subject)
        where not exists (select from vault.lookup k where k.digest = l.digest offset 0)
        and not exists (select from vault.erased e where e.subject = l.subject offset 0);
    end if;

    if cardinality(sealed_ids) > 0 then
        insert into vault.sealed
        select s.* from unnest(sealed_ids, sealed_subjects, sealed_grps, sealed_incarnations, sealed_formats,
            sealed_blobs, sealed_hashes) s (id, subject, grp, incarnation, format, blob, sha256)
        where not exists (select from vault.erased e where e.subject = s.subject offset 0);
    end if;

    if cardinality(parked_ids) > 0 then
        insert into carnet.parked (id, source, topic, partition, "offset", key, payload, reason, parked_at)
        select p.*, recorded
        from unnest(parked_ids, parked_sources, parked_topics, parked_partitions, parked_offsets, parked_keys,
            parked_payloads, parked_reasons) p;
    end if;

    return before;
end
$$;
