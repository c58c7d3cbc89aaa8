import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { QueuePolicy } from '../../src/queue/queue-facts.ts';
import { type ModelServer, QueueWorld } from './queue-world.ts';

const policy: QueuePolicy = {
  copies: 2,
  whenCopyLost: 'degrade',
  silentMs: 2000,
  frozenMs: 6000,
  patienceMs: 10_000,
};

type Step =
  | { kind: 'kill' | 'boot' | 'freeze' | 'thaw' | 'settle' | 'host' | 'stop' | 'wipe'; server: 0 | 1 }
  /** Producers write wherever they can, and what is written travels. */
  | { kind: 'write' | 'flow' }
  | { kind: 'tick'; actionsMax: number; between: Step[]; ms: number };

const server = fc.constantFrom<0 | 1>(0, 1);
const fault = fc.record({
  kind: fc.constantFrom('kill', 'kill', 'boot', 'freeze', 'freeze', 'thaw', 'thaw', 'settle', 'host', 'stop'),
  server,
});
const work = fc.record({ kind: fc.constantFrom('write', 'write', 'flow') });
const small: fc.Arbitrary<Step> = fc.oneof(fault, work);
const meanwhile: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step[]>([]) },
  { weight: 1, arbitrary: fc.array(small, { maxLength: 3 }) },
);
const tick: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('tick'),
  actionsMax: fc.oneof({ weight: 5, arbitrary: fc.constant(9) }, { weight: 1, arbitrary: fc.nat(3) }),
  between: meanwhile,
  ms: fc.constantFrom(100, 1000, 2500, 2500, 12_000),
});
const wipe: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('wipe'), server });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fault },
  { weight: 1, arbitrary: wipe },
  { weight: 4, arbitrary: work },
  { weight: 6, arbitrary: tick },
);
const steps = fc.array(step, { minLength: 8, maxLength: 40, size: 'max' });

test.each(['degrade', 'refuse'] as const)('nothing acknowledged is ever lost (%s)', (whenCopyLost) => {
  fc.assert(
    fc.property(steps, fc.boolean(), (program, warm) => {
      const world = new QueueWorld({ ...policy, whenCopyLost });
      if (warm) heal(world);
      for (const one of program) {
        run(world, one);
        expectNothingLost(world);
      }
      heal(world);
      const serving = world.serving();
      expect(serving, 'somebody serves after the faults').toBeDefined();
      expectNothingLost(world);
      expect(world.record.inSync, 'two copies after the faults').toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test('writes go on with one copy while the other server is gone', () => {
  fc.assert(
    fc.property(steps, server, (program, gone) => {
      const world = new QueueWorld(policy);
      for (const one of program) run(world, one);
      heal(world);
      const lost = world.servers[gone];
      world.kill(lost);
      lost.hostUp = false;
      for (let n = 0; n < 4; n += 1) run(world, { kind: 'tick', actionsMax: 9, between: [], ms: 1000 });
      const before = world.accepted.size;
      const serving = world.serving();
      expect(serving?.zone).not.toBe(lost.zone);
      if (serving !== undefined) world.write(serving);
      world.flow();
      expect(world.accepted.size).toBe(before + 1);
    }),
    { numRuns: 500 },
  );
});

/** Whoever the record lets serve has every acknowledged write, at every moment. */
function expectNothingLost(world: QueueWorld): void {
  const serving = world.serving();
  if (serving === undefined || String(serving.run) !== world.record.primaryRun) return;
  expect([...world.accepted].filter((entry) => !serving.memory.has(entry))).toEqual([]);
}

function run(world: QueueWorld, one: Step): void {
  switch (one.kind) {
    case 'write':
      for (const target of world.servers) world.write(target);
      return world.flow();
    case 'flow':
      return world.flow();
    case 'tick': {
      const between = [...one.between];
      world.between = () => {
        const next = between.shift();
        if (next !== undefined) run(world, next);
      };
      world.now += one.ms;
      return world.tick(one.actionsMax);
    }
    default:
      return disturb(world, one.kind, world.servers[one.server]);
  }
}

function disturb(world: QueueWorld, kind: string, target: ModelServer): void {
  if (kind === 'kill') world.kill(target);
  else if (kind === 'boot' && target.hostUp && !target.stopped) world.boot(target);
  else if (kind === 'freeze') world.freeze(target);
  else if (kind === 'thaw') world.thaw(target);
  else if (kind === 'settle') world.settle(target);
  else if (kind === 'stop') world.stop(target);
  else if (kind === 'wipe') world.wipe(target);
  else if (kind === 'host') target.hostUp = !target.hostUp;
}

/** No more faults: hosts are back, processes run, and the controller ticks for a while. */
function heal(world: QueueWorld): void {
  world.between = () => {};
  for (const target of world.servers) {
    target.hostUp = true;
    world.thaw(target);
  }
  for (let n = 0; n < 40; n += 1) {
    for (const target of world.servers) if (!target.stopped) world.boot(target);
    world.flow();
    for (const target of world.servers) world.settle(target);
    run(world, { kind: 'tick', actionsMax: 9, between: [], ms: 1000 });
  }
  world.flow();
}
