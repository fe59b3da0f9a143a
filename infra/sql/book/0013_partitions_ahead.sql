-- Partitions are made ahead of need and without the head's lock, by the processes that write: see `partitions_ahead`.
-- Who makes one holds the lock that attaching takes anyway: makers wait for each other, and no reader or append
-- waits for them. `head.room` is only what `append` knows of; whoever holds the head may ask for this lock, so whoever
-- holds this lock must never ask for the head.
set local role carnet_owner;

drop function carnet.ensure_partitions(bigint);

-- Makes partitions until `wanted` has room. Returns the last position that has.
create function carnet.make_partitions(wanted bigint) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    made bigint;
    size constant bigint := (select h.partition_size from carnet.head h);
    partition text;
begin
    lock table only carnet.events in share update exclusive mode;
    select coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('(\d+)'\)$re$)::bigint), 1) - 1
    into made
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'carnet.events'::regclass;

    while made < wanted loop
        partition := format('events_%s', lpad((made + 1)::text, 15, '0'));
        -- Made apart and then attached, so that readers of the log are not locked out.
        execute format('create table carnet.%I (like carnet.events including all)', partition);
        execute format('create unique index on carnet.%I (stream_id, version)', partition);
        execute format(
            'create trigger insert_only before update or delete or truncate on carnet.%I
             for each statement execute function carnet.refuse_change()', partition);
        execute format(
            'alter table carnet.events attach partition carnet.%I for values from (%s) to (%s)',
            partition, made + 1, made + size + 1);
        execute format('grant select on carnet.%I to carnet_writer, carnet_reader', partition);
        made := made + size;
    end loop;
    return made;
end
$$;
revoke execute on function carnet.make_partitions from public;

-- Sees to it that half a partition lies ahead of the log's end. Returns the position at which to ask again.
create function carnet.partitions_ahead() returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
begin atomic
    select carnet.make_partitions(h.position + h.partition_size / 2) - h.partition_size / 2 + 1 from carnet.head h;
end;
revoke execute on function carnet.partitions_ahead from public;
grant execute on function carnet.partitions_ahead to carnet_writer;
