import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '@alwayson/protocol/environment.ts';
import { expect, test } from 'vitest';
import { bootstrapEnvironment } from '../../src/environment/bootstrap-environment.ts';
import { readEnvironment } from '../../src/environment/environment-file.ts';
import { createBootstrapInput } from '../support/sample-environment.ts';
import { createStateDir } from '../support/scratch.ts';

function read(stateDir: string): Environment {
  return Environment.parse(JSON.parse(readFileSync(join(stateDir, 'environment.json'), 'utf8')));
}

test('makes an environment with secrets of its own that only its user can read', async () => {
  const stateDir = createStateDir();
  const environment = await bootstrapEnvironment(createBootstrapInput(stateDir));
  expect(read(stateDir)).toEqual(environment);
  expect(statSync(join(stateDir, 'environment.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(stateDir, 'manifest.json')).mode & 0o777).toBe(0o600);
  expect(statSync(stateDir).mode & 0o777).toBe(0o711);
  const secrets = [...Object.values(environment.tokens).flat(), ...Object.values(environment.passwords)];
  expect(new Set(secrets).size).toBe(9);
  expect(secrets.every((secret) => /^[0-9a-f]{48}$/.test(secret ?? ''))).toBe(true);
  expect(environment.zones.map(({ name }) => name)).toEqual([
    'witness',
    'west-1',
    'west-2',
    'east-1',
    'east-2',
  ]);
  expect(new Set(environment.zones.map(({ address }) => address)).size).toBe(5);
  expect(Buffer.byteLength(environment.runDir)).toBeLessThanOrEqual(60);
  expect(existsSync(environment.runDir)).toBe(true);
});

test('a second time keeps the identity, and takes the ports that are named', async () => {
  const stateDir = createStateDir();
  const first = await bootstrapEnvironment(createBootstrapInput(stateDir));
  expect(await bootstrapEnvironment(createBootstrapInput(stateDir))).toEqual(first);
  const moved = await bootstrapEnvironment({ ...createBootstrapInput(stateDir), frontDoorPort: 9090 });
  expect(moved).toEqual({ ...first, frontDoor: { port: 9090, url: 'http://localhost:9090' } });
  expect(await bootstrapEnvironment(createBootstrapInput(stateDir))).toEqual(moved);
});

test('one port for two doors is refused and not remembered', async () => {
  const stateDir = createStateDir();
  const environment = await bootstrapEnvironment(createBootstrapInput(stateDir));
  const input = { ...createBootstrapInput(stateDir), frontDoorPort: 8900 };
  await expect(bootstrapEnvironment(input)).rejects.toMatchObject({ code: 'AON_USAGE' });
  expect(read(stateDir)).toEqual(environment);
});

test('a damaged environment.json is set aside and restored from its copy', async () => {
  const stateDir = createStateDir();
  const environment = await bootstrapEnvironment(createBootstrapInput(stateDir));
  writeFileSync(join(stateDir, 'environment.json'), '{"format": 1, "na');
  expect(readEnvironment(stateDir)).toEqual(environment);
  const input = createBootstrapInput(stateDir);
  expect(await bootstrapEnvironment(input)).toEqual(environment);
  expect(read(stateDir)).toEqual(environment);
  expect(input.notes.join()).toMatch(/restored from its copy\. Set aside: .*environment\.json\..*\.corrupt/);
});

test('without any good copy it is AON_STATE_CORRUPT, again and again, and the data stays', async () => {
  const stateDir = createStateDir();
  await bootstrapEnvironment(createBootstrapInput(stateDir));
  const data = join(stateDir, 'units/west-1/pg-west-1');
  mkdirSync(data);
  for (const name of ['environment.json', 'environment.copy.json']) writeFileSync(join(stateDir, name), 'x');
  expect(() => readEnvironment(stateDir)).toThrow(expect.objectContaining({ code: 'AON_STATE_CORRUPT' }));
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(bootstrapEnvironment(createBootstrapInput(stateDir))).rejects.toMatchObject({
      code: 'AON_STATE_CORRUPT',
    });
  }
  expect(existsSync(data)).toBe(true);
});

test('a state folder without data and without environment starts anew', async () => {
  const stateDir = createStateDir();
  const first = await bootstrapEnvironment(createBootstrapInput(stateDir));
  for (const name of ['environment.json', 'environment.copy.json']) rmSync(join(stateDir, name));
  const second = await bootstrapEnvironment(createBootstrapInput(stateDir));
  expect(second.tokens).not.toEqual(first.tokens);
});

test('another workload, other zones or another place are refused', async () => {
  const stateDir = createStateDir();
  await bootstrapEnvironment(createBootstrapInput(stateDir));
  const input = createBootstrapInput(stateDir);
  const other = { ...input.manifest, name: 'bank' };
  const wider = { ...input.manifest, regions: [...input.manifest.regions, { name: 'north', zones: 2 }] };
  for (const manifest of [other, wider]) {
    await expect(bootstrapEnvironment({ ...input, manifest })).rejects.toMatchObject({
      code: 'AON_STATE_FOLDER',
    });
  }
});

test('once a release is live, its manifest stays in force whatever the folder says', async () => {
  const stateDir = createStateDir();
  const input = createBootstrapInput(stateDir);
  const manifestIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  await bootstrapEnvironment(input);
  await bootstrapEnvironment({ ...input, manifest: { ...input.manifest, owner: 'second' } });
  expect(manifestIn(stateDir)).toMatchObject({ owner: 'second' });

  const digest = 'a'.repeat(64);
  const folder = join(stateDir, 'releases', digest);
  mkdirSync(folder, { recursive: true });
  const release = {
    digest,
    version: 'v1',
    source: { kind: 'folder', path: '/shop' },
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'up',
    files: 0,
    bytes: 0,
    config: 'c',
    migrations: [],
  };
  const documents = { release, files: [], manifest: { ...input.manifest, owner: 'live' } };
  for (const [name, document] of Object.entries(documents))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(document));
  symlinkSync(digest, join(stateDir, 'releases/live'));
  await bootstrapEnvironment({ ...input, manifest: { ...input.manifest, owner: 'third' } });
  expect(manifestIn(stateDir)).toMatchObject({ owner: 'second' });
  rmSync(join(stateDir, 'manifest.json'));
  await bootstrapEnvironment(input);
  expect(manifestIn(stateDir)).toMatchObject({ owner: 'live' });
});
