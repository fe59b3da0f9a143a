-- `wrapped` is a key of 32 bytes under the key-encryption key (RFC 3394). A destroyed key leaves its row,
-- so that a missing row is always a fault and never an erasure.
create table keys.kept (
    subject uuid not null,
    grp text not null,
    incarnation int not null,
    wrapped bytea,
    made_at timestamptz not null,
    destroyed_at timestamptz,
    primary key (subject, grp, incarnation),
    check ((wrapped is null) = (destroyed_at is not null))
);

-- Subjects that are erased or being erased: no key of theirs is read, and none is made, for ever.
create table keys.tombstones (
    subject uuid primary key,
    at timestamptz not null,
    actor text not null,
    reason text not null
);

-- Secrets of the vault itself, wrapped likewise.
create table keys.secrets (
    name text primary key,
    wrapped bytea not null
);

create function keys.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception '% on keys.% is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger tombstones_stay before update or delete or truncate on keys.tombstones
for each statement execute function keys.refuse_change();
create trigger rows_stay before delete or truncate on keys.kept
for each statement execute function keys.refuse_change();
create trigger destroyed_stay before update on keys.kept
for each row when (old.wrapped is null) execute function keys.refuse_change();

grant select on keys.kept, keys.tombstones, keys.secrets to carnet_keeper;
grant insert on keys.kept, keys.tombstones, keys.secrets to carnet_keeper;
grant update (wrapped, destroyed_at) on keys.kept to carnet_keeper;
