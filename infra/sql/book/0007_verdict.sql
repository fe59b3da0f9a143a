-- What `append` answers. One row `appended` says that the whole group is in, after position `at`;
-- otherwise nothing is, and there is a row for each thing that an item lost by:
--   duplicate  the command id is known: `events` events that end at `at`, with `digest` and `answer`
--   behind     source `key` has been taken to offset `at`
--   conflict   stream `key` is at version `at`
--   taken      the unique text belongs to subject `key`
set local role carnet_owner;

create type carnet.verdict as (
    item int,
    verdict text,
    key text,
    at bigint,
    events int,
    digest bytea,
    answer text
);
