import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DatabaseWorld } from './database-world.ts';
import { switchSteps } from './world-switch.ts';

const ids = ['pg-west-1', 'pg-west-2', 'pg-east-1', 'pg-east-2'];
/** Most faults hit those who matter at that moment. */
const anyTarget = fc.constantFrom('writer', 'sync', 'previous', ...ids);
/** Which of the things a tick could do it does: so messages are late, and actions fail. */
const anyLuck = fc.integer({ min: 0, max: 0xfff });

/** What happens at all during some turns: looking without acting is how a controller dies between two steps. */
const anyKinds = fc.subarray(['probe', 'apply', 'act'] as const, { minLength: 1 });

const one = <T extends string>(type: T) => fc.constant(type);
const anyEvent = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: one('tick'), luck: anyLuck }) },
  { weight: 6, arbitrary: fc.record({ type: one('write'), target: anyTarget }) },
  { weight: 1, arbitrary: fc.record({ type: one('replicate') }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: one('turns'), ticks: fc.integer({ min: 1, max: 12 }), kinds: anyKinds }),
  },
  { weight: 1, arbitrary: fc.record({ type: one('kill'), target: anyTarget }) },
  { weight: 1, arbitrary: fc.record({ type: one('lose'), target: anyTarget }) },
  { weight: 1, arbitrary: fc.record({ type: one('restore'), target: anyTarget }) },
  { weight: 2, arbitrary: fc.record({ type: one('freeze'), target: anyTarget, on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: one('controller') }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('hold', 'release', 'stop', 'move') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: one('declare'), region: fc.constantFrom('west', 'east') }),
  },
  { weight: 1, arbitrary: fc.record({ type: one('switch'), ticks: fc.integer({ min: 0, max: 3 }) }) },
);
type WorldEvent = typeof anyEvent extends fc.Arbitrary<infer T> ? T : never;

const kinds = { probe: 0, apply: 4, act: 8 } as const;

function play(world: DatabaseWorld, event: WorldEvent): void {
  const id = 'target' in event ? resolveTarget(world, event.target) : '';
  switch (event.type) {
    case 'tick':
      return world.tick((what, member) => ((event.luck >> (kinds[what] + ids.indexOf(member))) & 1) === 1);
    case 'write':
      return world.write(id);
    case 'replicate':
      return world.replicateAll();
    case 'turns':
      for (let turn = 0; turn < event.ticks; turn += 1) world.tick((what) => event.kinds.includes(what));
      return;
    case 'kill':
      return world.kill(id);
    case 'lose':
      return world.loseZone(id);
    case 'restore':
      return world.restoreZone(id);
    case 'freeze':
      return world.setFrozen(id, event.on);
    case 'controller':
      return world.restartController();
    case 'hold':
    case 'release':
    case 'stop':
    case 'move':
      return switchSteps[event.type](world);
    case 'declare':
      return switchSteps.declare(world, event.region);
    case 'switch':
      for (const step of ['hold', 'stop', 'move'] as const) {
        switchSteps[step](world);
        run(world, event.ticks);
      }
  }
}

function resolveTarget({ record }: DatabaseWorld, target: string): string {
  if (target !== 'writer' && target !== 'sync' && target !== 'previous') return target;
  return record[target] ?? 'pg-west-1';
}

function run(world: DatabaseWorld, ticks: number): void {
  for (let count = 0; count < ticks; count += 1) {
    world.tick(() => true);
    world.replicateAll();
  }
}

/** The record's promise: its writer, and its synchronous member, hold everything that was acknowledged. */
function assertNothingLost(world: DatabaseWorld): void {
  if (world.isDeclared) return;
  for (const id of [world.record.writer, world.record.sync]) {
    if (id === null) continue;
    const held = new Set(world.member(id).data?.log ?? []);
    const lost = world.acknowledged.filter((write) => !held.has(write));
    expect(lost, `acknowledged and not held by ${id}`).toEqual([]);
  }
}

function assertPromotionsAllowed(world: DatabaseWorld, syncOfTerm: ReadonlyMap<number, string | null>): void {
  for (const { member, term } of world.promotions) {
    // The writer of a term became it by being the synchronous member of the term before, or by the register.
    if (!world.named.has(member)) expect(syncOfTerm.get(term - 1)).toBe(member);
  }
}

/** Nobody but the record's writer and the one before it is ever writable, and the two never at once. */
function assertOneWriter({ record, members, isDeclared }: DatabaseWorld): void {
  const writable = members.filter(({ isUp, isPrimary }) => isUp && isPrimary).map(({ id }) => id);
  // Of a region that was declared lost nothing is known until it is fenced.
  if (!isDeclared) expect([record.writer, record.previous]).toEqual(expect.arrayContaining(writable));
  expect(writable.length).toBeLessThanOrEqual(1);
}

function heal(world: DatabaseWorld): void {
  switchSteps.release(world);
  for (const id of ids) {
    world.restoreZone(id);
    world.setFrozen(id, false);
  }
  run(world, 200);
}

test.for(['degrade', 'refuse'] as const)(
  'whatever fails in whatever order, nothing acknowledged is lost and all comes back (%s)',
  (copy) => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 10, maxLength: 120 }), (events) => {
        const world = new DatabaseWorld(copy);
        run(world, 20);
        expect(world.record).toMatchObject({ term: 1, writer: 'pg-west-1', sync: 'pg-west-2' });
        const syncOfTerm = new Map<number, string | null>();
        for (const event of events) {
          syncOfTerm.set(world.record.term, world.record.sync);
          play(world, event);
          assertNothingLost(world);
          assertPromotionsAllowed(world, syncOfTerm);
          assertOneWriter(world);
        }
        heal(world);
        assertNothingLost(world);
        const { writer, sync, epoch } = world.record;
        const { writerRegion } = world.authority;
        expect(epoch).toBe(world.authority.epoch);
        expect(writer?.startsWith(`pg-${writerRegion}`)).toBe(true);
        expect(sync?.startsWith(`pg-${writerRegion}`)).toBe(true);
        world.write(writer ?? '');
        world.replicateAll();
        expect(world.acknowledged.length).toBeGreaterThan(0);
        for (const { isUp, isPrimary, id, data } of world.members) {
          expect({ id, isUp, isPrimary }).toEqual({ id, isUp: true, isPrimary: id === writer });
          expect(data?.log).toEqual(world.member(writer ?? '').data?.log);
        }
      }),
      { numRuns: 1000 },
    );
  },
);
