import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEnvironment, writeEnvironment } from '../../src/environment/environment-file.ts';
import { runCli } from '../support/run-cli.ts';
import { createSampleEnvironment } from '../support/sample-environment.ts';
import { createStateDir } from '../support/scratch.ts';

const catalog = new URL('../../../../workloads/catalog/alwayson.config.ts', import.meta.url).pathname;

async function createMain() {
  const stateDir = createStateDir();
  await createSampleEnvironment(stateDir, { frontDoor: 18_301, console: 18_302 });
  const run = (...args: string[]) => runCli(args, { stateDir });
  const read = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout) as unknown;
  return { stateDir, run, read };
}

test('a second environment has everything of its own, stands in the list, and is deleted', async () => {
  const { stateDir, run, read } = await createMain();
  const made = await run('env', 'create', 'trial', '--config', catalog);
  expect(made.stdout).toContain('./alwayson up --env trial');
  const main = readEnvironment(stateDir);
  const trial = readEnvironment(`${stateDir}-trial`);
  expect(trial).toMatchObject({ name: 'trial', type: 'sandbox', workload: 'catalog' });
  expect(trial?.passwords.backups).not.toBe(main?.passwords.backups);
  const addresses = new Set([...(main?.zones ?? []), ...(trial?.zones ?? [])].map(({ address }) => address));
  expect(addresses.size).toBe(10);
  expect(await read('env')).toEqual([
    expect.objectContaining({ name: 'main', type: 'production', state: 'stopped', origin: null }),
    expect.objectContaining({ name: 'trial', type: 'sandbox', state: 'stopped' }),
  ]);
  expect((await run('env', 'create', 'trial')).code).toBe(2);
  expect((await run('env', 'delete', 'trial')).code).toBe(2);
  expect(existsSync(`${stateDir}-trial`)).toBe(true);
  expect((await run('env', 'delete', 'trial', '--yes')).code).toBe(0);
  expect(existsSync(`${stateDir}-trial`)).toBe(false);
  expect(existsSync(stateDir)).toBe(true);
});

test('one of type production is not deleted before it is made a sandbox', async () => {
  const { stateDir, run } = await createMain();
  const refused = await run('env', 'delete', 'main', '--yes');
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('AON_PROTECTED') });
  expect((await run('env', 'set-type', 'main', 'harmless')).code).toBe(2);
  expect((await run('env', 'set-type', 'main', 'sandbox')).code).toBe(0);
  expect(readEnvironment(stateDir)?.type).toBe('sandbox');
  expect((await run('env', 'delete', 'main', '--yes')).code).toBe(0);
  expect(existsSync(stateDir)).toBe(false);
});

test('two environments never get the same ports by themselves', async () => {
  const { stateDir, run } = await createMain();
  await run('env', 'create', 'one', '--config', catalog);
  await run('env', 'create', 'two', '--config', catalog, '--port', '18303');
  const ports = ['', '-one', '-two'].flatMap((end) => {
    const environment = readEnvironment(`${stateDir}${end}`);
    return [environment?.frontDoor.port, environment?.console.port];
  });
  expect(new Set(ports).size).toBe(6);
  expect(ports[4]).toBe(18_303);
});

test('no secret of the environment that was copied is listed', async () => {
  const { stateDir, read } = await createMain();
  const environment = readEnvironment(stateDir);
  if (environment === undefined) throw new Error('There is no environment.');
  const access = { repository: '/srv/backups', cipherPass: 'c'.repeat(48), postgresSuperuser: 'p', mask: '' };
  writeEnvironment({
    ...environment,
    origin: {
      environment: 'other',
      copiedAt: environment.createdAt,
      backup: '20260101-000000F',
      release: 'd'.repeat(64),
      time: null,
      isMasked: true,
      access,
    },
  });
  const listed = JSON.stringify(await read('env'));
  expect(listed).toContain('20260101-000000F');
  expect(listed).not.toContain(access.cipherPass);
});

test.each([
  [['env', 'copy', 'main', 'trial'], 4],
  [['env', 'copy', 'nobody', 'trial'], 4],
  [['env', 'copy', 'main', 'main'], 2],
  [['env', 'copy', 'main', 'Trial'], 2],
  [['env', 'copy', 'main', 'trial', '--mask', 'nowhere.sql'], 2],
  [['status', '--env', 'trial'], 4],
])('%s is refused with %i, and nothing is made', async (args, code) => {
  const { stateDir, run } = await createMain();
  expect((await run(...args)).code).toBe(code);
  expect(existsSync(`${stateDir}-trial`)).toBe(false);
});
