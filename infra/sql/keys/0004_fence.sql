-- Puts up the tombstone of a subject and waits for those who were making a key. Once up, it stays as it was.
create function keys.fence(
    subject uuid, now timestamptz, actor text, reason text
) returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('carnet keys', 0));
    insert into keys.tombstones values (fence.subject, now, fence.actor, fence.reason) on conflict do nothing;
    return (select t.at from keys.tombstones t where t.subject = fence.subject);
end
$$;
revoke execute on function keys.fence from public;
grant execute on function keys.fence to carnet_keeper;
