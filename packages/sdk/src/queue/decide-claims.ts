/** One shard of one region's queue. */
export interface ShardKey {
  queue: string;
  shard: number;
}

export interface LeaseView extends ShardKey {
  owner: string | null;
  fence: number;
  /** Its owner lives. */
  held: boolean;
  /** How long nobody has held it. */
  idleMs: number;
}

export interface ClaimsView {
  worker: string;
  region: string;
  leases: readonly LeaseView[];
  /** Living workers, this one included or not. */
  workers: readonly { worker: string; region: string }[];
  /** Shards this worker gave up a moment ago because it cannot apply what is next in them. */
  avoid: (key: ShardKey) => boolean;
}

/** A shard that its region's workers leave alone for this long goes to anyone who asks. */
const orphanAfterMs = 3000;
/** A queue whose region has no workers is served by another region's after this long. */
const foreignAfterMs = 10_000;

/**
 * Which leases a worker should take and give back: its fair share of its own region's queue, what nobody takes, and the
 * queue of a region without workers until it has some again.
 */
export function decideClaims(view: ClaimsView): { claim: ShardKey[]; release: ShardKey[] } {
  const { worker, region, leases, workers, avoid } = view;
  const colleagues = new Set([worker, ...workers.filter((w) => w.region === region).map((w) => w.worker)]);
  const mine = leases.filter(({ owner }) => owner === worker);
  const free = leases.filter((lease) => lease.owner !== worker && !lease.held && !avoid(lease));
  // Each starts at another place, so that workers that ask at the same moment seldom want the same shard.
  const turn = [...colleagues].sort().indexOf(worker);

  const own = leases.filter(({ queue }) => queue === region);
  const target = Math.ceil(own.length / colleagues.size);
  const ownMine = mine.filter(({ queue }) => queue === region);
  const ownFree = rotate(
    free.filter(({ queue }) => queue === region),
    turn * target,
  );
  const fair = ownFree.slice(0, Math.max(0, target - ownMine.length));
  const orphans = ownFree.slice(fair.length).filter(({ idleMs }) => idleMs > orphanAfterMs);

  const foreign = free.filter(({ queue, idleMs }) => queue !== region && idleMs > foreignAfterMs);
  const served = new Set(workers.map((other) => other.region));
  return {
    claim: [...fair, ...orphans, ...rotate(foreign, turn * target).slice(0, target)].map(toKey),
    release: [
      ...ownMine.slice(target),
      ...mine.filter(({ queue }) => queue !== region && served.has(queue)),
    ].map(toKey),
  };
}

function rotate<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function toKey({ queue, shard }: ShardKey): ShardKey {
  return { queue, shard };
}
