import { writeFile } from 'node:fs/promises';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import type { Status } from '@alwayson/protocol/status.ts';
import { afterEach, expect, test } from 'vitest';
import { apiBase, type Item, listItems, safeRequests, writeRequests } from '../harness/catalog-load.ts';
import { isWhole } from '../harness/environment.ts';
import { describeFailures, failuresOf, percentile, startOpenLoop } from '../harness/open-loop.ts';
import { useCatalog } from '../harness/use-catalog.ts';

/** A second environment is made out of the first, which serves on; nothing that is done to the copy reaches it. */
const catalog = useCatalog();
const name = 'sandbox';
const { PRIORITY_BELOW_NORMAL } = constants.priority;
// What a test that failed has left.
afterEach(async () => {
  await catalog.environment.cli('env', 'delete', name, '--yes');
});

const mask = `UPDATE item_comment SET author_name = 'somebody', text = 'masked';\n`;

interface Comment {
  authorName: string;
  text: string;
}

async function read<T>(url: string): Promise<T> {
  const response = await fetch(url);
  expect(response.status, url).toBe(200);
  return (await response.json()) as T;
}

const commentsOf = (frontDoor: string, { id }: Item) =>
  read<Comment[]>(`${frontDoor}${apiBase}/${id}/comments?limit=100`);

async function comment(frontDoor: string, { id }: Item, text: string): Promise<void> {
  const response = await fetch(`${frontDoor}${apiBase}/${id}/comments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ authorName: 'Kim', text }),
  });
  expect(response.status).toBe(202);
  const location = new URL(response.headers.get('location') ?? '', frontDoor);
  await expect.poll(async () => (await fetch(location)).status, { timeout: 30_000 }).toBe(200);
}

test('a copy has the data, masked, and the release; the other serves on, and is not touched by what is done to it', async () => {
  const { environment, items } = catalog;
  const [item] = items;
  if (item === undefined) throw new Error('The shop is empty.');
  const text = 'Only for the real shop';
  await comment(environment.frontDoor, item, text);
  const file = join(environment.home, 'mask.sql');
  await writeFile(file, mask);

  const { frontDoor: url, apiKey } = environment;
  const safe = startOpenLoop({ url, requestsPerSecond: 50, next: safeRequests(items) });
  const writes = startOpenLoop({ url, requestsPerSecond: 5, next: writeRequests(items, apiKey) });
  const began = performance.now();
  const copied = await environment.cli('env', 'copy', 'main', name, '--mask', file, '--json');
  const seconds = (performance.now() - began) / 1000;
  const [asked, written] = [await safe.stop(), await writes.stop()];
  expect(copied.exitCode, copied.stderr.slice(-3000)).toBe(0);
  const copy = JSON.parse(copied.stdout) as { frontDoor: string; console: string };
  const latencies = asked.map(({ latencyMs }) => latencyMs);
  process.stdout.write(
    `FIGURE copy of an environment: serving after ${seconds.toFixed(0)} s; meanwhile ${failuresOf(asked).length} of ${asked.length} safe requests ` +
      `and ${failuresOf(written).length} of ${written.length} writes of the other failed, p99 ${percentile(latencies, 0.99).toFixed(0)} ms\n`,
  );
  expect(describeFailures(failuresOf(asked))).toBe('');
  expect(describeFailures(failuresOf(written))).toBe('');

  expect((await listItems(copy.frontDoor)).length).toBeGreaterThanOrEqual(items.length);
  const masked = await commentsOf(copy.frontDoor, item);
  expect(masked.length).toBeGreaterThan(0);
  expect(new Set(masked.map((one) => one.text))).toEqual(new Set(['masked']));
  expect((await commentsOf(environment.frontDoor, item)).map((one) => one.text)).toContain(text);
  const [own, others] = [await read<Status>(`${copy.console}/api/status`), await environment.status()];
  expect(own).toMatchObject({ environment: name, type: 'sandbox', release: others.release });

  const hostPids = own.regions.flatMap(({ zones }) => zones.flatMap(({ hostPid }) => hostPid ?? []));
  expect(hostPids.map((pid) => getPriority(pid))).toEqual(hostPids.map(() => PRIORITY_BELOW_NORMAL));
  const before = await environment.status();
  await comment(copy.frontDoor, item, 'Only for the copy');
  const switched = await environment.cli('failover', 'east', '--env', name, '--json');
  expect(switched.exitCode, switched.stderr).toBe(0);
  expect(JSON.parse(switched.stdout)).toMatchObject({ state: 'succeeded', lostWrites: 0 });
  expect((await commentsOf(copy.frontDoor, item)).map((one) => one.text)).toContain('Only for the copy');
  const backup = await environment.cli('backup', 'create', '--env', name, '--json');
  expect(backup.exitCode, backup.stderr).toBe(0);

  expect((await commentsOf(environment.frontDoor, item)).map((one) => one.text)).not.toContain(
    'Only for the copy',
  );
  const after = await environment.until('whole', isWhole, 180_000);
  expect(after.writerRegion).toBe(before.writerRegion);
  const deleted = await environment.cli('env', 'delete', name, '--yes', '--json');
  expect(deleted.exitCode, deleted.stderr).toBe(0);
  expect(JSON.parse((await environment.cli('env', '--json')).stdout)).toHaveLength(1);
});

test('a former moment of the other begins a new one, and nothing happens to the other', async () => {
  const { environment, items } = catalog;
  const [item] = items;
  if (item === undefined) throw new Error('The shop is empty.');
  const { frontDoor } = environment;
  await comment(frontDoor, item, 'of then');
  const moment = new Date().toISOString();
  await comment(frontDoor, item, 'of later');
  const before = await environment.status();
  const made = await environment.cli('restore', '--to', moment, '--into', name, '--json');
  expect(made.exitCode, made.stderr.slice(-3000)).toBe(0);
  const copy = JSON.parse(made.stdout) as { frontDoor: string };
  const textsOf = async (url: string) => (await commentsOf(url, item)).map(({ text }) => text);
  expect(await textsOf(copy.frontDoor)).toContain('of then');
  expect(await textsOf(copy.frontDoor)).not.toContain('of later');
  expect(await textsOf(frontDoor)).toContain('of later');
  expect((await environment.status()).writerRegion).toBe(before.writerRegion);
  const refused = await environment.cli('env', 'copy', 'main', 'other', '--to', '2020-01-01T00:00', '--json');
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stdout).toContain('nothing before that can be restored');
  expect((await environment.cli('env', 'delete', name, '--yes')).exitCode).toBe(0);
});

test('a mask that fails keeps the copy from starting, and says why', async () => {
  const { environment } = catalog;
  const file = join(environment.home, 'mask.sql');
  await writeFile(file, 'UPDATE item_comment SET text = (1 / 0)::text;\n');
  const copied = await environment.cli('env', 'copy', 'main', name, '--mask', file, '--json');
  expect(copied.exitCode).toBe(1);
  expect(JSON.parse(copied.stdout)).toMatchObject({
    code: 'AON_TASK_FAILED',
    detail: expect.stringContaining('division by zero'),
  });
  expect((await environment.cli('env', 'delete', name, '--yes')).exitCode).toBe(0);
});
