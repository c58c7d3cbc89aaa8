import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doorOf, isWhole, waitFor } from '../database/database-rig.ts';
import { RecoveryRig } from '../recovery/recovery-rig.ts';
import { Partition, type Site } from './partition.ts';
import { type Acknowledged, RegionClients } from './region-clients.ts';

/** One estate, whole after each test. Its regions are cut off from each other and from the witness, with clients on either side. */
let rig: RecoveryRig;
let partition: Partition;

beforeAll(async () => {
  rig = await RecoveryRig.start(9);
  const { zones } = rig.database.environment;
  const addressesOf = (site: Site) =>
    zones.filter(({ region }) => region === site).map(({ address }) => address);
  partition = Partition.open({
    west: addressesOf('west'),
    east: addressesOf('east'),
    witness: addressesOf('witness'),
  });
});

afterAll(async () => {
  await rig.destroy();
  partition.close();
});

function placeZones(): void {
  for (const { name, region } of rig.database.environment.zones) {
    const pid = rig.database.placement.observe(name).host?.pid;
    if ((region === 'west' || region === 'east') && pid !== undefined) partition.place(region, pid);
  }
}

async function startClients(firstId: number): Promise<RegionClients> {
  placeZones();
  const clients = RegionClients.start(rig.database, partition, firstId);
  await waitFor('writes on both sides', () => clients.count('west') > 50 && clients.count('east') > 50);
  return clients;
}

async function findLost(acknowledged: readonly Acknowledged[]): Promise<Acknowledged[]> {
  const rows = await withSql(doorOf(rig.database, 'east-2', 'write'), (client) =>
    client.query<{ id: string }>('SELECT id FROM item'),
  );
  const held = new Set(rows.map(({ id }) => Number(id)));
  return acknowledged.filter(({ id }) => !held.has(id));
}

const timesOf = (clients: RegionClients, region: 'west' | 'east', since: number) =>
  clients.acknowledged.filter((one) => one.region === region && one.at > since).map(({ at }) => at);

test('regions that are cut off from each other: the one that writes goes on, the other one waits, and nobody is promoted', async () => {
  const clients = await startClients(1);
  const before = rig.database.authority.read();
  expect(before).toMatchObject({ epoch: 1, writerRegion: 'west', phase: 'steady' });
  partition.cut(['west', 'east']);
  const cutAt = Date.now();
  await waitFor('east to be refused', () => clients.failures('east') >= 3);
  await waitFor('west to go on', () => clients.count('west', cutAt) > 200);
  expect(partition.dropped()).toBeGreaterThan(0);
  expect(timesOf(clients, 'east', cutAt + 100)).toEqual([]);
  expect(rig.database.authority.read()).toEqual(before);
  partition.heal();
  await waitFor('the estate to be whole again', () => isWhole(rig.database), 120_000);
  const healedAt = Date.now();
  await waitFor('writes on both sides again', () => clients.count('east', healedAt) > 20);
  await clients.stop();
  expect(await findLost(clients.acknowledged)).toEqual([]);
  process.stdout.write(
    `FIGURE west | east: ${clients.acknowledged.length} acknowledged, 0 lost, epoch ${before.epoch}\n`,
  );
});

test('the region that writes is cut off from all others and goes on: by an emergency it is ended before the other one writes', async () => {
  const clients = await startClients(10_000_001);
  partition.cut(['west', 'east'], ['west', 'witness']);
  const cutAt = Date.now();
  await rig.untilLost('east');
  const operation = await rig.untilEnded(await rig.beginEmergency('east'));
  expect(operation.state).toBe('succeeded');
  await waitFor('the other one to write', () => clients.count('east', cutAt + 100) > 50);
  const [old, next] = [timesOf(clients, 'west', cutAt), timesOf(clients, 'east', cutAt + 100)];
  // It did write while it was cut off: to whom it could still answer, it was the only one.
  expect(old.length).toBeGreaterThan(100);
  expect(Math.max(...old)).toBeLessThan(Math.min(...next));
  expect(rig.database.authority.read()).toMatchObject({ epoch: 2, writerRegion: 'east' });

  partition.heal();
  await waitFor('the estate to be whole again', () => isWhole(rig.database), 120_000);
  const healedAt = Date.now();
  await waitFor('writes on both sides again', () => clients.count('west', healedAt) > 20);
  await clients.stop();
  const lost = await findLost(clients.acknowledged);
  // What only the lost region knew, and no other: kept, and counted.
  expect(lost.every(({ region, at }) => region === 'west' && at <= Math.max(...old))).toBe(true);
  const salvaged = rig.database.events().filter(({ type }) => type === 'recovery.salvaged');
  const commits = Math.max(0, ...salvaged.map(({ data }) => Number(data?.['commits'])));
  expect(commits).toBeGreaterThanOrEqual(lost.length);
  process.stdout.write(
    `FIGURE west | all others: ${old.length} acknowledged by west while cut off, ${lost.length} of them not known in east, ` +
      `${commits} commits kept; ${Math.min(...next) - Math.max(...old)} ms between the last of west and the first of east\n`,
  );
});
