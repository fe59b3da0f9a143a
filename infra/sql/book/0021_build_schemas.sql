-- The schemas of builds. The writer may make and drop these, and needs no right to make any other.
set local role carnet_owner;

create function read.create_schema(of_projection text, of_build int) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    name text := format('read_%s_%s', of_projection, of_build);
begin
    perform from read.builds b where b.projection = of_projection and b.build = of_build;
    if not found then
        raise exception 'there is no build % of %', of_build, of_projection;
    end if;
    execute format('create schema %I', name);
    execute format('grant usage, create on schema %I to carnet_writer', name);
    execute format('grant usage on schema %I to carnet_reader', name);
end
$$;

create function read.drop_schema(of_projection text, of_build int) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from read.builds b
    where b.projection = of_projection and b.build = of_build and b.state <> 'live' for update;
    if not found then
        raise exception 'build % of % is live, or there is none', of_build, of_projection;
    end if;
    execute format('drop schema if exists %I cascade', format('read_%s_%s', of_projection, of_build));
end
$$;

revoke execute on function read.create_schema, read.drop_schema from public;
grant execute on function read.create_schema, read.drop_schema to carnet_writer;
