import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StampHealth } from '@alwayson/protocol/stamp-health.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createStampSignals } from '../../src/signals/stamp-signals.ts';
import { environmentOf, manifestOf, recordingPlacement } from '../api/fixtures.ts';
import { waitFor } from '../database/database-rig.ts';

const health: StampHealth = {
  stamp: 'west-1-ab12cd',
  release: 'ab12cd',
  region: 'west',
  zone: 'west-1',
  state: 'healthy',
  lastExecution: '2026-01-01T00:00:00.000Z',
  checks: [],
};

/** An agent that answers, or takes the question and says nothing. */
async function startAgent() {
  const agent = { questions: 0, isFrozen: false };
  const server = createServer((_request, response) => {
    agent.questions += 1;
    if (!agent.isFrozen) response.end(JSON.stringify(health));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { agent, port: (server.address() as AddressInfo).port };
}

async function startSignals(isBusy: boolean) {
  const { agent, port } = await startAgent();
  const stamp = { ...health, id: health.stamp, address: '127.0.0.1', ordinal: 0, agentPort: port, ports: {} };
  const seen = { changes: 0 };
  const signals = createStampSignals(
    {
      environment: environmentOf(),
      manifest: manifestOf(),
      placement: recordingPlacement(),
      records: {} as never,
      journal: {} as never,
      now: Date.now,
      stamps: () => [stamp],
      isBusy: () => isBusy,
    },
    () => {
      seen.changes += 1;
    },
  );
  onTestFinished(() => signals.close());
  return { signals, agent, seen, tick: () => signals.tick(new AbortController().signal) };
}

test('with traffic it is asked once more between two ticks; without, a tick later not at all', async () => {
  const busy = await startSignals(true);
  await busy.tick();
  expect(busy.agent.questions).toBe(1);
  await waitFor('the question in between', () => busy.agent.questions === 2, 5000);
  const quiet = await startSignals(false);
  await quiet.tick();
  await quiet.tick();
  expect(quiet.agent.questions).toBe(1);
  expect(quiet.signals.contact(health.stamp)).toMatchObject({ kind: 'answered', status: 200 });
});

test('news are told at once, and every answer that is missing is news', async () => {
  const { agent, seen, signals, tick } = await startSignals(true);
  await tick();
  expect(seen.changes).toBe(1);
  await waitFor('another question', () => agent.questions === 2, 5000);
  expect(seen.changes).toBe(1);
  agent.isFrozen = true;
  await waitFor(
    'two missing answers',
    async () => {
      await tick();
      return seen.changes >= 3;
    },
    10_000,
  );
  expect(signals.contact(health.stamp)?.kind).toBe('silent');
  // What it said is believed for a while.
  expect(signals.health(health.stamp)?.state).toBe('healthy');
});
