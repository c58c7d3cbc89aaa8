import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../../../packages/sdk/test/support/eventually.ts';
import { sampleItem, startCatalogDatabase } from '../../db/test/support/catalog-lab.ts';
import { startRedis } from '../../../../packages/sdk/test/support/redis-server.ts';

const host = '127.205.14.1';
const api = `http://${host}:8081`;
const worker = `http://${host}:8082`;
const items = '/catalogservice/api/1.0/catalogitem';
const closers: (() => Promise<unknown>)[] = [];
let base: Record<string, string>;

beforeAll(async () => {
  const postgres = await startCatalogDatabase(host);
  closers.push(() => postgres.close());
  const queue = await startRedis(host, 6379);
  closers.push(() => queue.close());
  await queue.send('SET', 'alwayson:copies', '1');
  base = {
    HOST: host,
    ALWAYSON_REGION: 'west',
    ALWAYSON_SQL_WRITE: postgres.url(),
    ALWAYSON_SQL_READ: postgres.url(),
    ALWAYSON_QUEUES: JSON.stringify([{ region: 'west', servers: [queue.url] }]),
    ALWAYSON_API_KEYS: 'key',
  };
});
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

interface Run {
  child: ChildProcess;
  exit: Promise<number | null>;
  stderr: () => string;
}

function start(component: 'api' | 'worker', port: number, variables: Record<string, string> = base): Run {
  const program = join(import.meta.dirname, `../../${component}/src/main.ts`);
  const env = { ...process.env, ...variables, PORT: String(port), ALWAYSON_UNIT: `west-1-${component}` };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  closers.push(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return { child, exit, stderr: () => stderr };
}

const isReady = async (url: string) => (await fetch(`${url}/readyz`)).ok;
const comment = (text: string) =>
  fetch(`${api}${items}/${sampleItem}/comments`, {
    method: 'POST',
    body: JSON.stringify({ authorName: 'A', text }),
    headers: { 'content-type': 'application/json' },
  });
const isThere = async (location: string) => (await fetch(api + location)).status === 200;

test('the two programs: a write goes in at one, comes out by the other, and both leave when told', async () => {
  const running = [start('api', 8081), start('worker', 8082)];
  await eventually('the API is ready', () => isReady(api));
  await eventually('the worker is ready', () => isReady(worker));
  const accepted = await comment('hello');
  expect(accepted.status).toBe(202);
  await eventually('it is applied', () => isThere(accepted.headers.get('location') ?? ''));

  // What is accepted while no worker lives is applied by the next one.
  running[1]?.child.kill('SIGKILL');
  await running[1]?.exit;
  const waiting = await comment('while nobody works');
  expect(waiting.status).toBe(202);
  running[1] = start('worker', 8082);
  await eventually('it is applied too', () => isThere(waiting.headers.get('location') ?? ''));
  await eventually('the worker tells of its stores', async () => {
    const report = (await (await fetch(`${worker}/readyz`)).json()) as { dependencies: unknown };
    return (
      JSON.stringify(report.dependencies) ===
      '[{"store":"database","state":"healthy"},{"store":"queue","state":"healthy"}]'
    );
  });

  for (const { child } of running) child.kill('SIGTERM');
  const startedAt = performance.now();
  expect(await Promise.all(running.map(({ exit }) => exit))).toEqual([0, 0]);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test('without its stores neither starts, and each says what is missing', async () => {
  for (const component of ['api', 'worker'] as const) {
    const { exit, stderr } = start(component, 8083, {
      HOST: host,
      ALWAYSON_SQL_WRITE: base.ALWAYSON_SQL_WRITE ?? '',
    });
    expect(await exit).toBe(1);
    expect(stderr()).toContain('ALWAYSON_QUEUES is not set');
  }
});
