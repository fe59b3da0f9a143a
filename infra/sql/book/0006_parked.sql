-- Messages that could not be taken. `reason` is a sentence without their text; the message itself is sealed in the vault as `payload`.
set local role carnet_owner;

create table carnet.parked (
    id uuid primary key,
    source text not null,
    topic text not null,
    partition int not null,
    "offset" bigint not null,
    key text,
    payload uuid not null,
    reason text not null,
    state text not null default 'waiting' check (state in ('waiting', 'retry', 'done', 'dropped')),
    retries int not null default 0,
    parked_at timestamptz not null,
    changed_at timestamptz,
    changed_by text,
    why text,
    unique (source, "offset")
);
create index on carnet.parked (topic, partition, key) where state in ('waiting', 'retry');

-- Rows come in through `append`; operations people change what becomes of them.
grant select on carnet.parked to carnet_writer, carnet_reader;
grant update (reason, state, retries, changed_at, changed_by, why) on carnet.parked to carnet_writer;

-- Takes the sealed payload of a message whose wait has ended out of the vault. Returns how many rows went.
create function vault.destroy_parked(parked uuid) returns int
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    gone int;
begin
    -- The group, because the writer says which payload a row has: this must not reach what events refer to.
    delete from vault.sealed s using carnet.parked p
    where p.id = destroy_parked.parked and p.state in ('done', 'dropped') and s.id = p.payload
    and s.grp = 'parked';
    get diagnostics gone = row_count;
    return gone;
end
$$;
revoke execute on function vault.destroy_parked from public;
grant execute on function vault.destroy_parked to carnet_writer;
