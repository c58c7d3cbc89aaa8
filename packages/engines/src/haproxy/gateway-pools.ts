import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';

/** Stamps that may be chosen: own region first, the others as backup, none while it is down. */
export const liveBackend = (component: string) => `live_${component}`;
/** The same stamps unchecked, used when every check fails: trying them is better than refusing everybody. */
export const lastBackend = (component: string) => `last_${component}`;
/** One stamp that the request names, whatever its state and share. */
export const probeBackend = (component: string) => `probe_${component}`;

/**
 * The pool of everybody who may serve, share or no share, for when nobody with a share is up: stamps of the release before, at full
 * size, catch what the new ones drop without being told to.
 */
export const reservePool = 'reserve';
/** The pool that spreads requests over the stamps of several regions. */
export const allPool = 'all';
export const detourPool = (slot: number) => `detour${slot}`;
/** A pool's stamps of one component. The map holds pools, the rules in HAProxy put the two together. */
export const poolBackend = (pool: string, component: string) => `${pool}_${component}`;

/** Whether users' requests for the component may be served from this backend. */
export function isServing(backend: string, component: string): boolean {
  return backend.split('_')[1] === component && isServingPool(backend);
}

export function isServingPool(backend: string): boolean {
  return /^(?:live|last|reserve|all|detour\d+)_[^_]+$/.test(backend);
}

/** The key of the map for every flow that has no detour. */
export const anyFlow = '*';

/** What is appended to a flow for the key of the map that says how many of 100 of its requests are refused. */
export const refusalSuffix = '/shed';

/** Shares by stamp id; 0 for stamps that are not ready. */
export type PoolWeights = ReadonlyMap<string, number>;

/** What one gateway makes of the record. */
export interface GatewayPools {
  live: PoolWeights;
  /** 1 for every stamp that is ready. */
  reserve: PoolWeights;
  /** Null while the own region's stamps serve, or those of other regions in their place. */
  all: PoolWeights | null;
  /** By slot; flows with the same shares have one slot. */
  detours: readonly { flows: readonly string[]; weights: PoolWeights }[];
  /** Of 100 requests of a flow, so many are refused. */
  refusals: ReadonlyMap<string, number>;
}

/** Slots that are always there: that many different detours come and go without a reload. */
const spareSlots = 2;

export function toGatewayPools(record: RouteRecord, region: string): GatewayPools {
  const wanted = record.pools?.find(({ gateway }) => gateway === region)?.weights ?? {};
  const detours = new Map<string, { flows: string[]; weights: PoolWeights }>();
  for (const { flow, weights: changed } of record.detours ?? []) {
    const weights = toWeights(record.stamps, region, { ...wanted, ...changed });
    const key = JSON.stringify([...weights]);
    const same = detours.get(key);
    if (same === undefined) detours.set(key, { flows: [flow], weights });
    else same.flows.push(flow);
  }
  return {
    live: toWeights(record.stamps, region, wanted),
    reserve: new Map(record.stamps.map((stamp) => [stamp.id, toWeight(stamp, 1)])),
    all: toSpread(record.stamps, region, wanted),
    detours: [...detours.values()],
    refusals: new Map((record.shed ?? []).map(({ flow, part }) => [flow, Math.round(part * 100)])),
  };
}

/** Which flow, or every other one, is served by which pool, and what is refused: the content of the map. */
export function toPoolMap({ all, detours, refusals }: GatewayPools): Map<string, string> {
  const entries = detours.flatMap(({ flows }, slot) =>
    flows.map((flow) => [flow, detourPool(slot)] as const),
  );
  const refused = [...refusals].map(([flow, percent]) => [flow + refusalSuffix, `${percent}`] as const);
  return new Map([...entries, ...(all === null ? [] : [[anyFlow, allPool] as const]), ...refused]);
}

export function renderPoolMap(pools: GatewayPools): string {
  return [...toPoolMap(pools)].map(([flow, pool]) => `${flow} ${pool}\n`).join('');
}

/** The pools beside `live`, in force or not. Without a purpose they have its shares. */
export function listSparePools({
  live,
  reserve,
  all,
  detours,
}: GatewayPools): { pool: string; weights: PoolWeights }[] {
  const slots = Array.from({ length: Math.max(spareSlots, detours.length) }, (_, slot) => {
    return { pool: detourPool(slot), weights: detours[slot]?.weights ?? live };
  });
  return [{ pool: reservePool, weights: reserve }, { pool: allPool, weights: all ?? live }, ...slots];
}

/**
 * For servers of which those of other regions are the reserve. A reserve of nothing but zeros would be none, so while own
 * stamps serve it then keeps its shares.
 */
function toWeights(
  stamps: readonly RouteStamp[],
  region: string,
  wanted: Readonly<Record<string, number>>,
): PoolWeights {
  const isOwn = (stamp: RouteStamp) => stamp.region === region;
  const serve = (of: readonly RouteStamp[]) => of.some((stamp) => toWeight(stamp, wanted[stamp.id]) > 0);
  const keepReserve = serve(stamps.filter(isOwn)) && !serve(stamps.filter((stamp) => !isOwn(stamp)));
  return new Map(
    stamps.map((stamp) => {
      const asked = keepReserve && !isOwn(stamp) ? undefined : wanted[stamp.id];
      return [stamp.id, toWeight(stamp, asked)];
    }),
  );
}

/** Null unless stamps of the own region and of others are to serve side by side. */
function toSpread(
  stamps: readonly RouteStamp[],
  region: string,
  wanted: Readonly<Record<string, number>>,
): PoolWeights | null {
  const weights = new Map(
    stamps.map((stamp) => [
      stamp.id,
      toWeight(stamp, stamp.region === region ? wanted[stamp.id] : (wanted[stamp.id] ?? 0)),
    ]),
  );
  const serves = (own: boolean) =>
    stamps.some(({ id, region: at }) => (at === region) === own && (weights.get(id) ?? 0) > 0);
  return serves(true) && serves(false) ? weights : null;
}

/** HAProxy's file has no word for "drain": weight 0 means the same, and survives a restart. */
function toWeight(stamp: RouteStamp, asked: number | undefined): number {
  return stamp.state === 'ready' ? (asked ?? stamp.weight) : 0;
}
