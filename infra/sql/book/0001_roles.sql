-- Three roles: the owner migrates, the writer may only call `append`, the reader reads.
-- Roles belong to the whole server, so another database's migration may have made them already.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['carnet_owner', 'carnet_writer', 'carnet_reader'] loop
        begin
            execute format('create role %I nologin', wanted);
        exception when duplicate_object or unique_violation then
            null;
        end;
        if not pg_has_role(current_user, wanted, 'member') then
            execute format('grant %I to current_user', wanted);
        end if;
    end loop;
    execute format('grant create, temporary on database %I to carnet_owner', current_database());
    execute format('grant temporary on database %I to carnet_writer', current_database());
end
$$;

set local role carnet_owner;

create schema carnet;
grant usage on schema carnet to carnet_writer, carnet_reader;

create table carnet.migrations (
    number int primary key,
    name text not null,
    sha256 bytea not null,
    applied_at timestamptz not null default clock_timestamp()
);
grant select on carnet.migrations to carnet_writer, carnet_reader;
