-- The last position that was recorded at or before a time, 0 if none was. Recorded times never fall as
-- positions rise, so halving finds it without an index on time.
set local role carnet_owner;

create function carnet.position_at(moment timestamptz) returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    low bigint := 0;
    high bigint := (select h.position from carnet.head h);
    middle bigint;
begin
    while low < high loop
        middle := (low + high + 1) / 2;
        if (select e.recorded_at from carnet.events e where e.position = middle) <= moment then
            low := middle;
        else
            high := middle - 1;
        end if;
    end loop;
    return low;
end
$$;
revoke execute on function carnet.position_at from public;
grant execute on function carnet.position_at to carnet_writer, carnet_reader;
