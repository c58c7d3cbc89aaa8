import { ReleaseProgram } from '@alwayson/protocol/release-program.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createRolloutWebhooks } from '../../src/rollout/rollout-webhooks.ts';
import { startFlaggerReceiver } from './flagger-receiver.ts';

const environment = { name: 'main', workload: 'shop' };
const release = 'b'.repeat(64);
const context = { phase: 'Progressing', release } as const;

interface Declared {
  name: string;
  type: string;
  timeoutMs?: number;
  metadata?: Record<string, string>;
}

async function createRig(declared: readonly Declared[]) {
  const receiver = await startFlaggerReceiver();
  const { gates } = ReleaseProgram.parse({
    gates: {
      webhooks: declared.map((webhook) => ({
        ...webhook,
        url: `${receiver.url}/${webhook.name}`,
      })),
    },
  });
  const webhooks = createRolloutWebhooks(gates.webhooks, environment);
  onTestFinished(() => webhooks.close());
  const ask = (
    type: 'confirm-rollout' | 'rollout',
    names: readonly string[],
    signal = AbortSignal.timeout(20_000),
  ) => webhooks.ask({ type, names }, context, signal);
  return { receiver, webhooks, ask };
}

test('who is asked gets what Flagger sends', async () => {
  const metadata = { type: 'bash', cmd: 'bats /tests/acceptance.bats' };
  const { receiver, ask } = await createRig([
    { name: 'gate', type: 'confirm-rollout', metadata },
    { name: 'other', type: 'rollout' },
    { name: 'unasked', type: 'confirm-rollout' },
  ]);
  expect(await ask('confirm-rollout', ['gate'])).toEqual([{ name: 'gate', ok: true, text: 'HTTP 200' }]);
  expect(receiver.calls).toEqual([
    {
      method: 'POST',
      path: '/gate',
      contentType: 'application/json',
      body: { name: 'shop', namespace: 'main', phase: 'Progressing', checksum: release, metadata },
    },
  ]);
});

test('2xx is a yes, everything else a no that says what was answered', async () => {
  const names = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg'];
  // Only the one that hangs has a short time: on a full machine the others take longer.
  const timeoutOf = (name: string) => (name === 'ee' ? 300 : 10_000);
  const { receiver, ask } = await createRig(
    names.map((name) => ({ name, type: 'rollout', timeoutMs: timeoutOf(name) })),
  );
  receiver.behave('/aa', { status: 202 });
  receiver.behave('/bb', { status: 204 });
  receiver.behave('/cc', { status: 403, text: 'the gate\n  is closed' });
  receiver.behave('/dd', { status: 302, location: `${receiver.url}/aa` });
  receiver.behave('/ee', 'hang');
  receiver.behave('/ff', 'reset');
  receiver.behave('/gg', { status: 500, text: 'x'.repeat(100_000) });
  expect(await ask('rollout', names)).toEqual([
    { name: 'aa', ok: true, text: 'HTTP 202' },
    { name: 'bb', ok: true, text: 'HTTP 204' },
    { name: 'cc', ok: false, text: 'HTTP 403: the gate is closed' },
    { name: 'dd', ok: false, text: 'HTTP 302' },
    { name: 'ee', ok: false, text: 'no answer within 300 ms' },
    { name: 'ff', ok: false, text: expect.stringMatching(/^not reached: [A-Z_]+$/) },
    { name: 'gg', ok: false, text: `HTTP 500: ${'x'.repeat(200)}` },
  ]);
  expect(receiver.calls.filter(({ path }) => path === '/aa')).toHaveLength(1);
  await receiver.close();
  // A connection that was kept may be found closed, or not be there any more.
  const gone = expect.stringMatching(/^not reached: (ECONNREFUSED|UND_ERR_SOCKET)$/);
  expect(await ask('rollout', ['aa'])).toEqual([{ name: 'aa', ok: false, text: gone }]);
});

test('who asks may give up', async () => {
  const { receiver, ask } = await createRig([{ name: 'gate', type: 'rollout' }]);
  receiver.behave('/gate', 'hang');
  const giving = new AbortController();
  const asked = ask('rollout', ['gate'], giving.signal);
  await vi.waitFor(() => expect(receiver.calls).toHaveLength(1));
  giving.abort();
  expect(await asked).toEqual([{ name: 'gate', ok: false, text: 'given up' }]);
});

test('events are told in their order, beside each other to different receivers, and nobody waits', async () => {
  const { receiver, webhooks } = await createRig([
    { name: 'slack', type: 'event', metadata: { cluster: 'one', eventType: 'mine' } },
    { name: 'silent', type: 'event' },
    { name: 'gate', type: 'rollout' },
  ]);
  receiver.behave('/silent', 'hang');
  for (let n = 0; n < 3; n += 1)
    webhooks.tell({ ...context, message: `step ${n}`, kind: n === 2 ? 'Warning' : 'Normal', at: 1000 + n });
  const heard = () => receiver.calls.filter(({ path }) => path === '/slack');
  await vi.waitFor(() => expect(heard()).toHaveLength(3));
  expect(heard().map(({ body }) => body)).toEqual(
    [0, 1, 2].map((n) => ({
      name: 'shop',
      namespace: 'main',
      phase: 'Progressing',
      checksum: release,
      metadata: {
        cluster: 'one',
        eventMessage: `step ${n}`,
        eventType: n === 2 ? 'Warning' : 'Normal',
        timestamp: String(1000 + n),
      },
    })),
  );
  expect(receiver.calls.filter(({ path }) => path === '/silent')).toHaveLength(1);
  expect(receiver.calls.filter(({ path }) => path === '/gate')).toHaveLength(0);
  await webhooks.close();
});

test('a receiver that is slow gets the newest hundred', async () => {
  const { receiver, webhooks } = await createRig([{ name: 'slack', type: 'event' }]);
  for (let n = 0; n < 150; n += 1) webhooks.tell({ ...context, message: `${n}`, kind: 'Normal', at: n });
  await vi.waitFor(
    () => expect(receiver.calls.at(-1)?.body).toMatchObject({ metadata: { eventMessage: '149' } }),
    5000,
  );
  expect(receiver.calls.length).toBeGreaterThanOrEqual(100);
  expect(receiver.calls.length).toBeLessThanOrEqual(101);
});
