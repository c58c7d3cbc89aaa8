import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { SloReport } from '@alwayson/protocol/slo.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { groupOf, isWhole, unitsOf } from '../harness/environment.ts';
import { keepKilled } from '../harness/keep-killed.ts';
import { measureFault } from '../harness/measure-fault.ts';
import { failRequests, type Misbehaviour } from '../harness/misbehave.ts';
import { failuresOf } from '../harness/open-loop.ts';
import { untilSettled } from '../harness/until-settled.ts';
import { watchEvictions } from '../harness/watch-evictions.ts';
import { useCatalog } from '../harness/use-catalog.ts';

/** Those who watch and decide are gone, or in doubt: the users must not feel it. Long spans with ALWAYSON_E2E_LONG=1. */
const catalog = useCatalog();
const isLong = process.env.ALWAYSON_E2E_LONG === '1';
const minute = 60_000;

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(`${catalog.environment.console}${path}`)).json()) as T;
}

test('control plane dead, and an api killed meanwhile', async () => {
  const status = await catalog.environment.until('whole', isWhole, 120_000);
  const group = groupOf(status.witness.hostPid ?? 0);
  const victim = unitsOf(status).find(({ component, zone }) => component === 'api' && zone === 'east-1');
  const { safe } = await measureFault(catalog, {
    name: `control plane dead for ${isLong ? 10 : 1} min`,
    forMs: isLong ? 10 * minute : minute,
    strike: () => {
      process.kill(-group, 'SIGSTOP');
      setTimeout(() => process.kill(victim?.pid ?? 0, 'SIGKILL'), 5000);
    },
    undo: () => void process.kill(-group, 'SIGCONT'),
  });
  expect(failuresOf(safe)).toEqual([]);
  await catalog.environment.until('whole again', isWhole, 120_000);
});

test('observers dead: what is not known grows, and what nobody heard is not counted', async () => {
  const flowName = 'view-item';
  const figures = async () => {
    const { at, flows } = await ask<SloReport>('/api/slo');
    const flow = flows.find(({ name }) => name === flowName);
    if (flow === undefined) throw new Error(`${flowName} is not measured.`);
    const seconds = (Date.parse(at) - Date.parse(flow.from)) / 1000;
    return { ...flow, unknownSeconds: (1 - flow.coverage) * seconds };
  };
  let killing: ReturnType<typeof keepKilled> | undefined;
  const before = await figures();
  const { safe } = await measureFault(catalog, {
    name: 'observers dead for 40 s',
    beforeMs: 30_000,
    forMs: 40_000,
    strike: () => {
      killing = keepKilled(catalog.environment, ({ kind }) => kind === 'observer');
    },
    undo: async () => killing?.end(),
  });
  expect(failuresOf(safe)).toEqual([]);
  await catalog.environment.until('whole again', isWhole, 120_000);
  const isTold = async () => (await figures()).unknownSeconds - before.unknownSeconds > 20;
  await expect.poll(isTold, { timeout: 3 * minute, interval: 1000 }).toBe(true);
  const after = await figures();
  const counted = after.total - before.total;
  const asked = safe.filter(({ request }) => request.path.includes('/catalogitem/'));
  const seconds = (asked.at(-1)?.dueMs ?? 0) / 1000;
  process.stdout.write(
    `FIGURE observers dead: not known ${before.unknownSeconds.toFixed(0)} s -> ${after.unknownSeconds.toFixed(0)} s, ` +
      `${counted} of ${asked.length} requests counted, measured ${before.measured} -> ${after.measured}, ` +
      `lower bound ${before.lowerBound} -> ${after.lowerBound}\n`,
  );
  // Twenty seconds at the least went by unheard.
  expect(counted).toBeLessThan(asked.length * (1 - 20 / seconds));
  // All of them together are as good as they were asked: the gap shows as a lower bound, not as a better figure.
  expect(after.lowerBound ?? 1).toBeLessThan(after.measured ?? 0);
  expect((1 - (after.lowerBound ?? 1)) * (after.total + after.unknown)).toBeGreaterThan(after.bad);
});

test('noise at the threshold moves no traffic to and fro', async () => {
  const status = await catalog.environment.until('whole', isWhole, 120_000);
  const api =
    unitsOf(status).find(({ component, zone }) => component === 'api' && zone === 'west-2')?.pid ?? 0;
  let misbehaviour: Misbehaviour | undefined;
  const watch = watchEvictions(catalog.environment);
  await measureFault(catalog, {
    name: `2 % errors from one stamp for ${isLong ? 10 : 2} min`,
    beforeMs: 10_000,
    forMs: isLong ? 10 * minute : 2 * minute,
    strike: async () => {
      misbehaviour = await failRequests(api, { path: '/comments', part: 0.02 });
    },
    undo: async () => misbehaviour?.end(),
  });
  const evictions = await watch.stop();
  process.stdout.write(
    `FIGURE noise at the threshold: taken out ${evictions.length} times (${evictions.join(', ')})\n`,
  );
  // Who is taken out again and again stays out for 30, 60, 120 and 240 s: more often does not go into ten minutes.
  expect(evictions.length).toBeLessThanOrEqual(isLong ? 4 : 2);
});

test('a quiet soak evicts nobody', async () => {
  await catalog.environment.until('whole', isWhole, 120_000);
  // The noise before may still be on somebody's account.
  await untilSettled(catalog.environment);
  const { generation } = await ask<SharesReport>('/api/shares');
  const endsAt = Date.now() + (isLong ? 120 : 3) * minute;
  while (Date.now() < endsAt) {
    const now = await ask<SharesReport>('/api/shares');
    expect(now.stamps.filter(({ class: kind }) => kind === 'soft' || kind === 'hard')).toEqual([]);
    expect(now.generation).toBe(generation);
    await sleep(1000);
  }
});
