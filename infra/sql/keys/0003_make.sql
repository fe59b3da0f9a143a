-- The newest key of each subject and group, made from what is offered where there is none. A subject with a
-- tombstone gets no row. Of two callers that make the same key at once, both get the same one.
create function keys.make(
    now timestamptz, subjects uuid[], grps text[], offered bytea[]
) returns table (subject uuid, grp text, incarnation int, wrapped bytea)
language plpgsql
set search_path = pg_catalog, pg_temp
-- A plan made while the tables were empty would scan them for ever after; these pin index scans.
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
    where not exists (select from keys.tombstones t where t.subject = w.subject)
    and not exists (select from keys.kept k where k.subject = w.subject and k.grp = w.grp)
    order by w.subject, w.grp
    on conflict do nothing;

    return query
    select distinct on (k.subject, k.grp) k.subject, k.grp, k.incarnation, k.wrapped
    from unnest(subjects, grps) w (subject, grp)
    join keys.kept k on k.subject = w.subject and k.grp = w.grp
    where not exists (select from keys.tombstones t where t.subject = w.subject)
    order by k.subject, k.grp, k.incarnation desc;
end
$$;
revoke execute on function keys.make from public;
grant execute on function keys.make to carnet_keeper;
