-- What is recorded stays. The trigger stands on every partition too, and stops the owner as well.
set local role carnet_owner;

create function carnet.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'the log is insert only: % on % is refused', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;

create trigger insert_only before update or delete or truncate on carnet.events
for each statement execute function carnet.refuse_change();
