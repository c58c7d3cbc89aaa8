import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isWhole, startEnvironment, type TestEnvironment } from '../harness/environment.ts';
import { createReleaseFolder, type ReleaseFolder, replacing } from '../harness/release-folder.ts';
import { startWebhookReceiver } from '../harness/webhook-receiver.ts';

const installDir = join(import.meta.dirname, '..', '..');

/** From a zone that dies in a running environment to the person who is told, once, and told when it is over. */
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

test('a zone dead for a while: one alert with owner and runbook, at its root cause, and resolved later', async () => {
  const zone = 'west-2';
  const before = told('opened').length;
  expect((await environment.cli('kill', zone, '--json')).exitCode).toBe(0);
  try {
    await expect.poll(() => told('opened').length, { timeout: 90_000 }).toBeGreaterThan(before);
    // A stamp, a copy of the database and of the queue are gone with it; none of them is told by itself.
    await sleep(30_000); // what is told later, would be told by now
  } finally {
    expect((await environment.cli('revive', zone, '--json')).exitCode).toBe(0);
  }
  const opened = told('opened').slice(before);
  expect(opened.map(({ alert }) => alert.rootCause)).toEqual([`zone:${zone}`]);
  const [event] = opened;
  expect(event).toMatchObject({
    specversion: '1.0',
    contentType: expect.stringContaining('application/cloudevents+json'),
    subject: event?.alert.id,
    alert: {
      state: 'open',
      owner: { name: expect.stringMatching(/\S/), contact: expect.stringMatching(/@/) },
    },
  });
  expect(existsSync(join(installDir, event?.alert.runbook ?? ''))).toBe(true);
  await environment.until('whole again', isWhole, 180_000);
  // What comes back may come and go at first: then its state is held for 5 min, and its alert for 10 min more.
  await expect
    .poll(() => told('resolved').map(({ subject }) => subject), { timeout: 1_200_000, interval: 1000 })
    .toContain(event?.subject);
}, 1_800_000);
