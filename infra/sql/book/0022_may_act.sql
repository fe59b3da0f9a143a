-- Whether what the rows of a projection ask for may be done: one build is live, and it knows all that an earlier
-- one has caused.
set local role carnet_owner;

create function read.may_act(of_projection text) returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(min(c.position) >= min(b.gate), false)
    from read.builds b join read.checkpoints c using (projection, build)
    where b.projection = of_projection and b.state = 'live'
$$;
revoke execute on function read.may_act from public;
grant execute on function read.may_act to carnet_writer, carnet_reader;
