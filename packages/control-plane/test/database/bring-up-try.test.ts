import { test, expect } from 'vitest';
import { createDatabaseRig, waitFor, isWhole, doorOf } from './database-rig.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';

test('try', async () => {
  const rig = await createDatabaseRig({ block: 1, migrations: { '001_items.sql': 'CREATE TABLE item (id bigint PRIMARY KEY, name text)' } });
  try {
    const t0 = Date.now();
    await rig.startHosts();
    console.log('hosts', Date.now() - t0);
    const t1 = Date.now();
    rig.startController();
    await waitFor('whole', () => isWhole(rig), 40_000).catch((e) => console.log(String(e)));
    console.log('whole', Date.now() - t1);
    const s0 = Date.parse(rig.events()[0]!.at);
    for (const e of rig.events()) console.log(Date.parse(e.at) - s0, e.type, e.message);
    console.log(JSON.stringify(rig.controller().status(), null, 1));
    console.log(await rig.placement.log('west-2','pg-west-2',{lines:20}));
    await withSql(doorOf(rig, 'east-1', 'write'), async (c) => console.log(await c.query('INSERT INTO item VALUES (1, $1) RETURNING *', ['x'])));
    await withSql(doorOf(rig, 'east-1', 'read'), async (c) => console.log(await c.query('select *, pg_is_in_recovery(), inet_server_addr() from item')));
  } finally { await rig.destroy(); }
});
