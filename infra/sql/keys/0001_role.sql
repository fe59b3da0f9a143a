-- The keys live apart from the book, under a role of their own: whoever reads one reads nothing of the other.
do $$
begin
    begin
        create role carnet_keeper nologin;
    exception when duplicate_object or unique_violation then
        null;
    end;
    if not pg_has_role(current_user, 'carnet_keeper', 'member') then
        grant carnet_keeper to current_user;
    end if;
end
$$;

create schema keys;
grant usage on schema keys to carnet_keeper;

create table keys.migrations (
    number int primary key,
    name text not null,
    sha256 bytea not null,
    applied_at timestamptz not null default clock_timestamp()
);
grant select on keys.migrations to carnet_keeper;
