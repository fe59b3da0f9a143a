-- Takes everything sealed for a subject out of the vault, and remembers that it did: under the lock of the
-- head, so that whatever an append puts in comes before, and is deleted, or after, and is left out.
set local role carnet_owner;

create function vault.erase_subject(
    subject uuid, now timestamptz, actor text, reason text
) returns vault.erased
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    blobs_gone int;
    lookups_gone int;
    result vault.erased;
begin
    perform from carnet.head for update;
    delete from vault.sealed s where s.subject = erase_subject.subject;
    get diagnostics blobs_gone = row_count;
    delete from vault.lookup l where l.subject = erase_subject.subject;
    get diagnostics lookups_gone = row_count;

    insert into vault.erased as e values (subject, now, actor, reason, blobs_gone, lookups_gone)
    on conflict on constraint erased_pkey do update
    set blobs = e.blobs + blobs_gone, lookups = e.lookups + lookups_gone
    returning e.* into result;
    insert into vault.access values (now, subject, actor, reason, 'erase');
    return result;
end
$$;
revoke execute on function vault.erase_subject from public;
grant execute on function vault.erase_subject to carnet_writer;
