import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openAlertBook } from '../../src/alerts/alert-book.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { openStore } from '../../src/records/sqlite-store.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { noMirror } from '../records/memory-store.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

const program = fileURLToPath(new URL('./outbox-program.ts', import.meta.url));

function start(folder: string, url: string): ChildProcess {
  const options = ['--disable-warning=ExperimentalWarning', program, folder, url];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function outboxOf(folder: string) {
  const { database } = openStore(join(folder, 'state.db'), noMirror, Date.now);
  const records = createSqliteRecords(database, { mirror: noMirror, now: Date.now });
  const { outbox } = openAlertBook(records).state();
  database.close();
  return outbox;
}

test('killed after the receiver took it and before that was noted, it delivers again, with the same id', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'alwayson-outbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let victim: ChildProcess | undefined;
  // The receiver has it; the answer never reaches the sender.
  const receiver = await startWebhookReceiver(() => victim?.kill('SIGKILL'));
  victim = start(folder, receiver.url);
  await once(victim, 'exit');
  expect(receiver.received).toHaveLength(1);
  expect(outboxOf(folder)).toMatchObject([{ notification: { id: receiver.received[0]?.id } }]);

  victim = undefined;
  const next = start(folder, receiver.url);
  await vi.waitFor(() => expect(receiver.received.length).toBe(2), { timeout: 30_000, interval: 50 });
  await vi.waitFor(() => expect(outboxOf(folder)).toEqual([]), { timeout: 30_000, interval: 100 });
  next.kill('SIGKILL');
  await once(next, 'exit');
  expect(receiver.received.map(({ id }) => id)).toEqual([receiver.received[0]?.id, receiver.received[0]?.id]);
});
