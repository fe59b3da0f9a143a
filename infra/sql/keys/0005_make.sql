-- `make` once more: each row is looked up by its key, whatever the planner takes a table for. Planned while a table was
-- empty and known to be, a join reads all of it for ever after; `offset 0` keeps a look-up from being planned as one.
create or replace function keys.make(
    now timestamptz, subjects uuid[], grps text[], offered bytea[]
) returns table (subject uuid, grp text, incarnation int, wrapped bytea)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    -- `fence` takes it exclusively: after a tombstone nobody is still making a key.
    perform pg_advisory_xact_lock_shared(hashtextextended('carnet keys', 0));

    -- In order, so that two batches that share subjects cannot wait for each other.
    insert into keys.kept (subject, grp, incarnation, wrapped, made_at)
    select w.subject, w.grp, 1, w.wrapped, now
    from unnest(subjects, grps, offered) w (subject, grp, wrapped)
    where not exists (select from keys.tombstones t where t.subject = w.subject offset 0)
    and not exists (select from keys.kept k where k.subject = w.subject and k.grp = w.grp offset 0)
    order by w.subject, w.grp
    on conflict do nothing;

    return query
    select distinct on (k.subject, k.grp) k.subject, k.grp, k.incarnation, k.wrapped
    from unnest(subjects, grps) w (subject, grp)
    cross join lateral (
        select * from keys.kept k where k.subject = w.subject and k.grp = w.grp offset 0
    ) k
    where not exists (select from keys.tombstones t where t.subject = w.subject offset 0)
    order by k.subject, k.grp, k.incarnation desc;
end
$$;
