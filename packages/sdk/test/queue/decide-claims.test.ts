import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideClaims, type LeaseView } from '../../src/queue/decide-claims.ts';

const free = (queue: string, shard: number, idleMs = 0): LeaseView => ({
  queue,
  shard,
  owner: null,
  fence: 1,
  held: false,
  idleMs,
});
const shards = (queue: string, idleMs = 0) =>
  Array.from({ length: 8 }, (_, shard) => free(queue, shard, idleMs));
const never = () => false;

/** All workers look at the same moment, then their changes happen one after the other. */
function round(leases: LeaseView[], workers: { worker: string; region: string }[]): void {
  const decisions = workers.map(({ worker, region }) => ({
    worker,
    ...decideClaims({ worker, region, leases: structuredClone(leases), workers, avoid: never }),
  }));
  for (const { worker, claim, release } of decisions) {
    for (const key of release) Object.assign(find(leases, key), { owner: null, held: false, idleMs: 0 });
    for (const key of claim) {
      const lease = find(leases, key);
      if (!lease.held) Object.assign(lease, { owner: worker, held: true });
    }
  }
}

function find(leases: LeaseView[], { queue, shard }: { queue: string; shard: number }): LeaseView {
  const lease = leases.find((candidate) => candidate.queue === queue && candidate.shard === shard);
  if (lease === undefined) throw new Error(`no ${queue}/${shard}`);
  return lease;
}

test('any number of workers comes to fair shares and then to rest, also after one dies', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(8), (count, dying) => {
      const workers = Array.from({ length: count }, (_, n) => ({ worker: `w${n}`, region: 'west' }));
      const leases = shards('west');
      const settle = (living: typeof workers) => {
        for (let n = 0; n < 12; n += 1) round(leases, living);
        const share = Math.ceil(8 / living.length);
        for (const { worker } of living) {
          expect(leases.filter(({ owner }) => owner === worker).length).toBeLessThanOrEqual(share);
        }
        expect(leases.every(({ held }) => held)).toBe(true);
        const before = structuredClone(leases);
        round(leases, living);
        expect(leases).toEqual(before);
      };
      settle(workers);
      if (count === 1) return;
      const dead = workers[dying % count];
      for (const lease of leases) if (lease.owner === dead?.worker) lease.held = false;
      settle(workers.filter((worker) => worker !== dead));
    }),
  );
});

test('the queue of a region without workers is served after ten seconds, and given back', () => {
  const workers = [{ worker: 'w', region: 'west' }];
  const view = { worker: 'w', region: 'west', workers, avoid: never };
  const held = shards('west').map((lease) => ({ ...lease, owner: 'w', held: true }));
  expect(decideClaims({ ...view, leases: [...held, ...shards('east', 9000)] }).claim).toEqual([]);
  expect(decideClaims({ ...view, leases: [...held, ...shards('east', 11_000)] }).claim).toHaveLength(8);
  const taken = shards('east').map((lease) => ({ ...lease, owner: 'w', held: true }));
  const both = [...workers, { worker: 'e', region: 'east' }];
  expect(decideClaims({ ...view, workers: both, leases: [...held, ...taken] }).release).toHaveLength(8);
});

test('a shard that one worker gave up goes to another, above its share', () => {
  const workers = ['w', 'v'].map((worker) => ({ worker, region: 'west' }));
  const leases = shards('west').map((lease) => ({
    ...lease,
    owner: lease.shard < 4 ? 'w' : 'v',
    held: true,
  }));
  Object.assign(find(leases, { queue: 'west', shard: 0 }), { owner: null, held: false, idleMs: 4000 });
  const view = { region: 'west', workers, leases };
  const avoid = ({ shard }: { shard: number }) => shard === 0;
  expect(decideClaims({ ...view, worker: 'w', avoid }).claim).toEqual([]);
  expect(decideClaims({ ...view, worker: 'v', avoid: never }).claim).toEqual([{ queue: 'west', shard: 0 }]);
});
