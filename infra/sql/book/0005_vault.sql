-- Ciphertext of personal data, beside the log; the keys are in another database.
set local role carnet_owner;

create schema vault;
grant usage on schema vault to carnet_writer;

create table vault.sealed (
    id uuid primary key,
    subject uuid not null,
    grp text not null,
    incarnation int not null,
    format int not null,
    blob bytea not null,
    sha256 bytea not null
);
create index on vault.sealed (subject);

-- Keyed digests of texts that one subject alone may have, such as a VIN.
create table vault.lookup (
    digest bytea primary key,
    subject uuid not null
);
create index on vault.lookup (subject);

-- Subjects that were erased: `append` leaves out what is sealed for them, and a keys database restored from a
-- backup is erased again from here. `blobs` and `lookups` are how many rows were deleted.
create table vault.erased (
    subject uuid primary key,
    at timestamptz not null,
    actor text not null,
    reason text not null,
    blobs int not null,
    lookups int not null
);

-- Who looked at what, and why.
create table vault.access (
    at timestamptz not null,
    subject uuid not null,
    actor text not null,
    purpose text not null,
    what text not null
);
create index on vault.access (subject);

-- One row: which vault this order book is sealed by, known by a keyed digest of a constant. It tells nothing of
-- the vault's keys. Under another vault the look-ups would differ, and what must be unique would no longer be.
create table vault.root (
    one boolean primary key default true check (one),
    fingerprint bytea not null check (octet_length(fingerprint) = 32)
);

-- Rows come in through `append`; `erase_subject` and `destroy_parked` take them out.
grant select on vault.sealed, vault.lookup, vault.erased, vault.root to carnet_writer;
grant select, insert on vault.access to carnet_writer;

-- The fingerprint of the vault that was first to open this order book: from now on it is the one that is given,
-- if there is none yet.
create function vault.claim(fingerprint bytea) returns bytea
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into vault.root (fingerprint) values (claim.fingerprint) on conflict do nothing;
    return (select r.fingerprint from vault.root r);
end
$$;
revoke execute on function vault.claim from public;
grant execute on function vault.claim to carnet_writer;
