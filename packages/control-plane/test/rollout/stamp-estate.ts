import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { until } from '../../../agents/test/gateway/rig.ts';
import type { Places } from '../../src/rollout/living-places.ts';
import { smokeStamp } from '../../src/rollout/smoke-stamp.ts';
import {
  createGatewayEstate,
  manifest,
  newRelease,
  oldRelease,
  type TestStamp,
  toRoutes,
} from './gateway-estate.ts';

/** An estate with two releases for all tests of the file that imports it. */
type Estate = Awaited<ReturnType<typeof createGatewayEstate>>;
type Gateway = Awaited<ReturnType<Estate['startGateway']>>;

let estate: Estate;
export let old: TestStamp[];
export let fresh: TestStamp[];
export let gateways: Gateway[];
export let places: Places;
let generation = 1;
export const dead = new Set<string>();
export const signal = () => AbortSignal.timeout(60_000);

beforeAll(async () => {
  estate = await createGatewayEstate(80 + Number(process.env['VITEST_POOL_ID'] ?? 0));
  const start = (release: string) =>
    Promise.all(['west-1', 'east-1'].map((zone) => estate.startStamp(zone, release)));
  old = await start(oldRelease);
  fresh = await start(newRelease);
  const record = toRoutes([...old, ...fresh].map(withoutShare));
  gateways = [await estate.startGateway('west', record), await estate.startGateway('east', record)];
  const { environment } = estate;
  const contact = (zone: string) => (dead.has(zone) ? ('refused' as const) : ('connected' as const));
  places = {
    environment,
    placement: { observe: (zone) => ({ zone, contact: contact(zone), since: '', host: null }) },
  };
});
afterAll(() => estate.close());
beforeEach(() => {
  dead.clear();
  for (const stamp of [...old, ...fresh]) {
    stamp.heard.length = 0;
    stamp.reset();
  }
});

/** Old stamps serve, and the candidates get nothing. */
function withoutShare(stamp: TestStamp): TestStamp {
  const weight = stamp.plan.release === newRelease ? 0 : 100;
  return { ...stamp, route: { ...stamp.route, weight } };
}

export function nextGeneration(): number {
  generation += 1;
  return generation;
}

/** Gives all of the traffic to one release. */
export async function route(stamps: readonly TestStamp[], live: string) {
  const record = toRoutes(
    stamps.map((stamp) => ({
      ...stamp,
      route: { ...stamp.route, weight: stamp.plan.release === live ? 100 : 0 },
    })),
    { generation: nextGeneration() },
  );
  await Promise.all(gateways.map((gateway) => gateway.put(record)));
  for (const gateway of gateways)
    await until(async () => {
      const { body } = await gateway.report();
      // What a reload replaced may still take the requests of a moment ago.
      return body.inForce && body.generation === generation && body.haproxy.replaced?.length === 0;
    }, 'routes in force');
}

export function stampOf(index: number): TestStamp {
  const stamp = fresh[index];
  if (stamp === undefined) throw new Error(`no stamp ${index}`);
  return stamp;
}
export const smoke = (stamp: TestStamp) => smokeStamp(places, { stamp: stamp.plan, manifest }, signal());
export const textOf = (checks: readonly GateCheck[], flow: string) =>
  checks.filter((check) => check.flow === flow).map(({ verdict, text }) => `${verdict}: ${text}`);
