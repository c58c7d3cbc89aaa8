import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { expect, test } from 'vitest';
import { createDatabaseRig, doorOf, isWhole, waitFor } from './database-rig.ts';

test('a store that refuses to go on with one copy keeps its writes waiting until the second is back', async () => {
  const rig = await createDatabaseRig({ block: 2, store: { whenCopyLost: 'refuse' } });
  try {
    await rig.startHosts();
    rig.startController();
    await waitFor('the first bring-up', () => isWhole(rig));
    const door = doorOf(rig, 'east-1', 'write');
    await withSql(door, (client) => client.query('CREATE TABLE item (id int PRIMARY KEY)'));

    await rig.placement.outageZone('west-2');
    const isShown = () => rig.controller().status().members[1]?.state === 'unhealthy';
    await waitFor('the loss to be shown', isShown);
    const write = () =>
      withSql({ ...door, timeoutMs: 1500 }, (client) => client.query('INSERT INTO item VALUES (1)'));
    await expect(write()).rejects.toThrow(/timeout/i);
    // Still the one member that holds everything: it could be promoted should the writer die now.
    expect(rig.controller().status().members[1]).toMatchObject({ id: 'pg-west-2', sync: true });

    await rig.placement.startZone('west-2');
    await waitFor('the second copy', () => isWhole(rig));
    await withSql(door, (client) => client.query('INSERT INTO item VALUES (2)'));
  } finally {
    await rig.destroy();
  }
});
