import { addRelease, firstEstate } from '@alwayson/core/estate/estate-record.ts';
import { planStamps } from '@alwayson/core/estate/stamps.ts';
import { isPartsInForce } from '@alwayson/core/routes/is-parts-in-force.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import type { RouteRollout } from '@alwayson/protocol/routes.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { expect, test } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createRoutesController } from '../../src/routes/routes-controller.ts';
import { environmentOf, recordingPlacement } from '../api/fixtures.ts';
import { noMirror, openMemoryStore } from '../records/memory-store.ts';
import { createSwitchesController } from '../../src/switches/switches-controller.ts';
import { startGateway } from '../switches/stand-in-gateway.ts';

/** A test has addresses of its own: connections that the last one left are of no use. */
const environmentAt = (net: number) => ({
  ...environmentOf(),
  zones: [
    { name: 'witness', region: 'witness', address: `127.203.${net}.1` },
    ...['west', 'east'].flatMap((region, r) =>
      [1, 2].map((n) => ({ name: `${region}-${n}`, region, address: `127.203.${net}.${10 * (r + 1) + n}` })),
    ),
  ],
});
const standing = environmentAt(10);
const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [
    { name: 'api', command: ['node', 'api.ts'], routes: ['/'], capacity: { requestsPerSecond: 100 } },
  ],
  flows: [{ name: 'browse', path: ['api'], requests: [{ methods: ['GET'], path: '/**' }] }],
});
const one = 'a'.repeat(64);
const two = 'b'.repeat(64);
const zones = toRegions(standing).flatMap((region) => region.zones.map(({ name }) => name));
const estate = addRelease(addRelease(firstEstate, one, zones), two, zones);
const stamps = planStamps(standing, estate, () => manifest);
const idsOf = (release: string) => stamps.flatMap((stamp) => (stamp.release === release ? [stamp.id] : []));
const toRollout = (part: number): RouteRollout => ({ candidate: two, parts: { west: part, east: part } });

async function createRig(net: number) {
  const environment = environmentAt(net);
  const database = openMemoryStore();
  const now = Date.now;
  const records = createSqliteRecords(database, { mirror: noMirror, now });
  const journal = createSqliteJournal(database, now);
  const gateways = {
    west: await startGateway('west', `127.203.${net}.11`),
    east: await startGateway('east', `127.203.${net}.21`),
  };
  const world = {
    dead: new Set<string>(),
    draining: new Set<string>(),
    rollout: toRollout(0),
    weights: Object.fromEntries(stamps.map(({ id }) => [id, 256])),
  };
  const placement = {
    ...recordingPlacement(),
    observe: (zone: string) => ({
      zone,
      contact: world.dead.has(zone.slice(0, -2)) ? ('refused' as const) : ('connected' as const),
      since: '',
      host: null,
    }),
  };
  const routes = createRoutesController({
    environment,
    manifest,
    placement,
    records,
    journal,
    now,
    stamps: () => stamps,
    // Nothing is switched: every stamp of the estate is there, and ready.
    switches: createSwitchesController({
      environment,
      manifest,
      placement,
      records,
      journal,
      now,
      stamps: () => stamps,
    }),
    epoch: () => 1,
    draining: () => world.draining,
    flows: () => [...manifest.flows, { ...manifest.flows[0], name: 'wish' } as Manifest['flows'][number]],
    routing: () => {
      return { weights: world.weights, pools: [], detours: [], shed: [], rollout: world.rollout };
    },
  });
  return { world, gateways, routes, tick: () => routes.tick(new AbortController().signal) };
}

type Routes = Awaited<ReturnType<typeof createRig>>['routes'];
const statesOf = (routes: Routes, release: string) =>
  new Set(routes.record()?.stamps.flatMap((stamp) => (stamp.release === release ? [stamp.state] : [])));

test('the record has the stamps and flows of both releases, and the parts that its weights were made for', async () => {
  const { world, routes, tick } = await createRig(10);
  await tick();
  expect(routes.record()).toMatchObject({
    rollout: toRollout(0),
    flows: [{ name: 'browse' }, { name: 'wish' }],
  });
  expect(
    routes
      .record()
      ?.stamps.map(({ id }) => id)
      .sort(),
  ).toEqual([...idsOf(one), ...idsOf(two)].sort());
  world.rollout = toRollout(0.25);
  const wanted = { rollout: toRollout(0.25), livingRegions: ['west', 'east'] };
  expect(isPartsInForce(routes.record(), routes.reports(), wanted).inForce).toBe(false);
  await tick();
  expect(isPartsInForce(routes.record(), routes.reports(), wanted)).toEqual({ inForce: true, missing: [] });
});

test('stamps on their way out drain, and are off when every living gateway has no request for them', async () => {
  const { world, gateways, routes, tick } = await createRig(11);
  await tick();
  const [first = ''] = idsOf(one);
  gateways.east.sessions.set(first, 1);
  for (const id of idsOf(one)) {
    world.draining.add(id);
    world.weights = { ...world.weights, [id]: 0 };
  }
  await tick();
  expect(statesOf(routes, one)).toEqual(new Set(['drain']));
  await tick();
  expect(statesOf(routes, one)).toEqual(new Set(['drain', 'off']));
  expect(routes.record()?.stamps.find(({ id }) => id === first)?.state).toBe('drain');
  // Nobody sends anything through a gateway whose zone is gone.
  world.dead.add('east');
  await tick();
  expect(statesOf(routes, one)).toEqual(new Set(['off']));
  expect(statesOf(routes, two)).toEqual(new Set(['ready']));
  const { generation } = routes.record() ?? {};
  await tick();
  expect(routes.record()?.generation).toBe(generation);
  world.draining.clear();
  await tick();
  expect(statesOf(routes, one)).toEqual(new Set(['ready']));
});
