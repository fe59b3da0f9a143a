-- Makes partitions until `wanted` and half a partition beyond have room. Called by `append`, under its lock.
set local role carnet_owner;

create function carnet.ensure_partitions(wanted bigint) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    made bigint;
    size bigint;
    partition text;
begin
    select h.room, h.partition_size into made, size from carnet.head h for update;
    while made < wanted + size / 2 loop
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
    update carnet.head h set room = made;
end
$$;
revoke execute on function carnet.ensure_partitions from public;

select carnet.ensure_partitions(0);
