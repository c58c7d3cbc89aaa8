import { afterAll, beforeAll, expect, test } from 'vitest';
import { isWhole, startEnvironment, type TestEnvironment, unitsOf } from '../harness/environment.ts';
import { keepKilled } from '../harness/keep-killed.ts';
import { createReleaseFolder, type ReleaseFolder, replacing } from '../harness/release-folder.ts';
import { startWebhookReceiver } from '../harness/webhook-receiver.ts';

/** From a stamp that dies in a running environment to the person who is told, once, and told when it is over. */
let receiver: Awaited<ReturnType<typeof startWebhookReceiver>>;
let folder: ReleaseFolder | undefined;
let environment: TestEnvironment;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  folder = await createReleaseFolder({
    'alwayson.config.ts': replacing(
      '  people: [',
      `  alerts: { webhooks: [{ url: '${receiver.url}' }] },\n  people: [`,
    ),
  });
  environment = await startEnvironment({ config: folder.config });
  await environment.until('whole after up', isWhole, 120_000);
});
afterAll(async () => {
  await environment?.down();
  await folder?.remove();
  receiver?.close();
});

const told = (change: 'opened' | 'resolved') =>
  receiver.list().filter(({ type }) => type === `dev.alwayson.alert.${change}`);

test('a stamp killed for a while: one alert with owner and runbook, at its root cause, and resolved later', async () => {
  const { stamps } = await environment.status();
  const stamp = stamps.find(({ zone }) => zone === 'west-2')?.id ?? '';
  const before = told('opened').length;
  const killing = keepKilled(environment, (unit) => unit.stamp === stamp && unit.component !== undefined);
  try {
    await expect.poll(() => told('opened').length, { timeout: 60_000 }).toBeGreaterThan(before);
    // Its components, its flows and its zone are bad with it; none of them is told by itself.
    const isDown = async () =>
      unitsOf(await environment.status()).some((unit) => unit.stamp === stamp && unit.state !== 'healthy');
    expect(await isDown()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 30_000)); // what is told later, would be told by now
  } finally {
    await killing.end();
  }
  const opened = told('opened').slice(before);
  expect(opened.map(({ alert }) => alert.entity.id)).toEqual([`stamp:${stamp}`]);
  const [event] = opened;
  expect(event).toMatchObject({
    specversion: '1.0',
    contentType: expect.stringContaining('application/cloudevents+json'),
    subject: event?.alert.id,
    alert: {
      kind: 'stamp-unhealthy',
      state: 'open',
      runbook: 'docs/runbooks/stamp-unhealthy.md',
      owner: { name: expect.stringMatching(/\S/), contact: expect.stringMatching(/@/) },
      affects: expect.arrayContaining(['flow:list-items']),
    },
  });
  await environment.until('whole again', isWhole, 120_000);
  await expect
    .poll(() => told('resolved').map(({ subject }) => subject), { timeout: 150_000 })
    .toContain(event?.subject);
  const all = receiver.list().map(({ alert }) => alert.rootCause);
  expect([...new Set(all)]).toEqual([`stamp:${stamp}`]);
}, 400_000);
