import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createReleaseLab, installDir } from './release-lab.ts';

test('a release is a sealed copy that is named by its content', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  lab.write('bin/tool', '#!/bin/sh', 0o755);
  lab.write('test/api.test.js', 'kept: a folder of that name may be needed to run');
  for (const name of ['.git', 'lib/node_modules', '.alwayson', 'lib/.cache', 'coverage'])
    lab.write(`${name}/.file`, 'left out');
  symlinkSync('api.js', join(lab.source, 'main.js'));
  const store = lab.store();
  const release = await store.prepare(lab.inputOf());

  expect(release).toMatchObject({
    version: release.digest.slice(0, 12),
    createdBy: 'ann',
    source: { kind: 'folder', path: lab.source },
    files: 4,
    migrations: [],
  });
  const { tree, builds } = store.folder(release.digest);
  expect(readdirSync(tree, { recursive: true }).map(String).sort()).toEqual(
    ['api.js', 'bin', 'bin/tool', 'lib', 'main.js', 'test', 'test/api.test.js'].sort(),
  );
  expect(readFileSync(join(tree, 'main.js'), 'utf8')).toBe('one');
  expect(statSync(join(tree, 'bin/tool')).mode & 0o777).toBe(0o555);
  expect(statSync(join(tree, 'api.js')).mode & 0o777).toBe(0o444);
  expect(builds.size).toBe(0);
  expect(store.manifest(release.digest)).toEqual(lab.inputOf().manifest);
  expect(readdirSync(lab.root)).toEqual([release.digest]);
  expect(readdirSync(join(lab.root, release.digest)).sort()).toEqual(
    ['build', 'files.json', 'manifest.json', 'prepare.log', 'release.json', 'tree'].sort(),
  );
});

test('the digest follows content, names, executable bits and the manifest, and nothing else', async () => {
  const lab = createReleaseLab();
  const store = lab.store();
  const digestOf = async (...given: Parameters<typeof lab.inputOf>) =>
    (await store.prepare(lab.inputOf(...given))).digest;
  lab.write('api.js', 'one');
  const first = await digestOf();
  expect(await digestOf({}, 'another-name')).toBe(first);
  lab.write('node_modules/x/index.js', 'tool');
  expect(await digestOf()).toBe(first);
  const digests = [first];
  lab.write('api.js', 'two');
  digests.push(await digestOf());
  lab.write('api.js', 'two', 0o755);
  digests.push(await digestOf());
  lab.write('b.js', '');
  digests.push(await digestOf());
  digests.push(await digestOf({ component: { environment: { LEVEL: '2' } } }));
  expect(new Set(digests).size).toBe(5);
  expect(store.list().map(({ digest }) => digest)).toEqual(digests.toReversed());
});

test('the same content is not made again, and keeps its name', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  const build = [
    'node',
    '-e',
    "require('fs').writeFileSync(process.env.ALWAYSON_BUILD_DIR + '/pid', '' + process.pid)",
  ];
  const input = lab.inputOf({ component: { build } }, 'v1');
  const first = await lab.store().prepare(input);
  const store = lab.store();
  const pid = () => readFileSync(join(store.folder(first.digest).builds.get('api') ?? '', 'pid'), 'utf8');
  const built = pid();
  const told: string[] = [];
  const [again, third] = await Promise.all([
    store.prepare({ ...input, version: 'v2', tell: (what) => told.push(what) }),
    store.prepare(input),
  ]);
  expect([again, third]).toEqual([first, first]);
  expect(pid()).toBe(built);
  expect(told.join('\n')).toMatch(/release v1 already; it keeps that name/);
  expect(store.list()).toEqual([first]);
});

test('a version names one release; a commit names as many as there are', async () => {
  const lab = createReleaseLab();
  const store = lab.store();
  lab.write('api.js', 'one');
  const commit = { kind: 'git' as const, path: lab.source, revision: 'c0ffee0123456789' };
  const first = await store.prepare({ ...lab.inputOf(), source: commit });
  const named = await store.prepare(lab.inputOf({ owner: 'others' }, 'v1'));
  lab.write('api.js', 'two');
  await expect(store.prepare(lab.inputOf({}, 'v1'))).rejects.toMatchObject({
    code: 'AON_RELEASE_UNSUITABLE',
  });
  const second = await store.prepare({ ...lab.inputOf(), source: commit });
  expect(first.version).toBe('c0ffee012345');
  expect(second.version).toBe(`c0ffee012345-${second.digest.slice(0, 6)}`);
  expect(store.find('v1')).toEqual(named);
  expect(store.find('c0ffee012345')).toEqual(first);
  expect(store.find(second.digest.slice(0, 6))).toEqual(second);
  expect(store.find(second.digest.slice(0, 5))).toBeNull();
  expect(() => store.manifest('0'.repeat(64))).toThrow(expect.objectContaining({ code: 'AON_NOT_FOUND' }));
  expect(() => store.folder('../..')).toThrow(expect.objectContaining({ code: 'AON_NOT_FOUND' }));
});

test('what leads out of the folder is refused, and nothing is left', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  lab.write('a/b/c/x', '');
  const store = lab.store();
  const refuse = async (manifest: Parameters<typeof lab.inputOf>[0], message: RegExp) => {
    const refused = store.prepare(lab.inputOf(manifest));
    await expect(refused).rejects.toMatchObject({
      code: 'AON_RELEASE_UNSUITABLE',
      message: expect.stringMatching(message),
    });
    expect(readdirSync(lab.root)).toEqual([]);
  };
  const link = join(lab.source, 'link');
  for (const target of ['/etc/passwd', '../outside', join(lab.source, 'api.js')]) {
    symlinkSync(target, link);
    await refuse({}, /The link link leads to/);
    rmSync(link);
  }
  // Each of the two stays inside by itself; one after the other they do not.
  symlinkSync('../..', join(lab.source, 'a/b/up'));
  symlinkSync('../up/../state', join(lab.source, 'a/b/c/out'));
  await refuse({}, /The link a\/b\/c\/out leads to/);
  rmSync(join(lab.source, 'a/b/c/out'));
  await refuse({ component: { cwd: '..' } }, /api runs in \.\., which is outside/);
  await refuse({ component: { cwd: 'web' } }, /api runs in web, which is missing/);
  const stores: { name: string; kind: 'relational'; migrations: string }[] = [
    { name: 'orders', kind: 'relational', migrations: 'sql' },
  ];
  await refuse({ stores }, /migrations of orders are in sql, which is missing/);
  lab.write('sql/001_orders.sql', 'SELECT 1');
  const { migrations } = await store.prepare(lab.inputOf({ stores }));
  expect(migrations).toEqual([{ name: '001_orders.sql', checksum: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
});

test('a folder beyond the bounds is refused', async () => {
  const lab = createReleaseLab();
  const store = lab.store();
  writeFileSync(join(lab.source, 'big'), '');
  // Sparse: it takes no space.
  truncateSync(join(lab.source, 'big'), 513 * 1024 ** 2);
  await expect(store.prepare(lab.inputOf())).rejects.toThrow(/more than 512 MiB/);
  rmSync(join(lab.source, 'big'));
  mkdirSync(join(lab.source, 'many'));
  for (let n = 0; n <= 20_000; n++) writeFileSync(join(lab.source, 'many', String(n)), '');
  await expect(store.prepare(lab.inputOf())).rejects.toThrow(/more than 20000 files/);
  expect(readdirSync(lab.root)).toEqual([]);
});

test('packages are those of the source, linked where they stand, and their lockfiles are part of the digest', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  lab.write('web/server.js', 'two');
  lab.write('web/node_modules/b/index.js', '');
  lab.write('web/node_modules/.bin/x', '');
  lab.write('lib/node_modules/.vite/x', 'no packages');
  const above = join(lab.folder, 'node_modules');
  mkdirSync(join(above, 'a'), { recursive: true });
  writeFileSync(join(lab.folder, 'package-lock.json'), '{}');
  const store = lab.store();
  const first = await store.prepare(lab.inputOf());
  const { tree } = store.folder(first.digest);
  expect(readdirSync(join(tree, 'node_modules'))).toEqual(['a']);
  expect(readdirSync(join(tree, 'web/node_modules'))).toEqual(['.bin', 'b']);
  expect(lstatSync(join(tree, 'lib/node_modules'), { throwIfNoEntry: false })).toBeUndefined();

  writeFileSync(join(lab.folder, 'package-lock.json'), '{"changed":true}');
  lab.write('node_modules/c/index.js', '');
  const second = await store.prepare(lab.inputOf());
  expect(second.digest).not.toBe(first.digest);
  const release = join(lab.root, second.digest);
  expect(readdirSync(join(release, 'tree/node_modules'))).toEqual(['c']);
  expect(readdirSync(join(release, 'node_modules'))).toEqual(['a']);
});

test('packages are kept: a release finds them when its source is gone, and they go with the last release that has them', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  lab.write('node_modules/a/index.js', 'of the first');
  lab.write('node_modules/.bin/run', 'program', 0o755);
  mkdirSync(join(lab.folder, 'lib'));
  symlinkSync('../../lib', join(lab.source, 'node_modules/lib'));
  symlinkSync('../a/index.js', join(lab.source, 'node_modules/.bin/a'));
  const store = lab.store();
  const first = await store.prepare(lab.inputOf());
  lab.write('api.js', 'two');
  const second = await store.prepare(lab.inputOf());
  expect(second.packages).toEqual(first.packages);
  rmSync(join(lab.source, 'node_modules'), { recursive: true });
  lab.write('node_modules/a/index.js', 'of the third');
  lab.write('api.js', 'three');
  const third = await store.prepare(lab.inputOf());
  rmSync(lab.source, { recursive: true });

  const contentOf = (digest: string, path: string) =>
    readFileSync(join(store.folder(digest).tree, 'node_modules', path), 'utf8');
  expect(contentOf(first.digest, 'a/index.js')).toBe('of the first');
  expect(contentOf(first.digest, '.bin/a')).toBe('of the first');
  expect(contentOf(third.digest, 'a/index.js')).toBe('of the third');
  const kept = join(lab.stateDir, 'packages');
  const [name = ''] = first.packages;
  expect(statSync(join(kept, name, '.bin/run')).mode & 0o777).toBe(0o755);
  // Out of the folder: from wherever it stands.
  expect(realpathSync(join(kept, name, 'lib'))).toBe(join(lab.folder, 'lib'));

  await store.remove(first.digest);
  expect(readdirSync(kept).sort()).toEqual([...second.packages, ...third.packages].sort());
  await store.remove(second.digest);
  expect(readdirSync(kept)).toEqual(third.packages);
});

test('what belongs to AlwaysOn itself is not kept twice', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  symlinkSync(join(installDir, 'node_modules'), join(lab.source, 'node_modules'));
  const store = lab.store();
  const { digest, packages } = await store.prepare(lab.inputOf());
  expect(packages).toEqual([]);
  expect(readlinkSync(join(store.folder(digest).tree, 'node_modules'))).toBe(
    join(installDir, 'node_modules'),
  );
});

test('an export of a revision takes the packages of the folder it comes from', async () => {
  const lab = createReleaseLab();
  lab.write('node_modules/a/index.js', '');
  lab.write('gone/node_modules/b/index.js', '');
  const exported = join(lab.folder, 'export');
  mkdirSync(exported);
  writeFileSync(join(exported, 'api.js'), 'of the revision');
  const store = lab.store();
  const source = { kind: 'git' as const, path: lab.source, revision: 'abcdef' };
  const { digest, version } = await store.prepare({ ...lab.inputOf(), path: exported, source });
  rmSync(exported, { recursive: true });
  const { tree } = store.folder(digest);
  expect(version).toBe('abcdef');
  expect(readFileSync(join(tree, 'api.js'), 'utf8')).toBe('of the revision');
  expect(readdirSync(join(tree, 'node_modules'))).toEqual(['a']);
  expect(existsSync(join(tree, 'gone'))).toBe(false);
});

test('the state folder in the workload is no part of it', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  const stateDir = join(lab.source, 'state');
  mkdirSync(stateDir);
  const store = lab.store({ environment: { ...lab.environment, stateDir } });
  const first = await store.prepare(lab.inputOf());
  expect(first.files).toBe(1);
  expect(await store.prepare(lab.inputOf())).toEqual(first);
});

test('a removed release is gone, with its name', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  const store = lab.store();
  const { digest } = await store.prepare(lab.inputOf({}, 'v1'));
  await store.remove(digest);
  await store.remove(digest);
  expect(store.list()).toEqual([]);
  expect(store.find('v1')).toBeNull();
  expect(readdirSync(lab.root)).toEqual([]);
  expect((await store.prepare(lab.inputOf({}, 'v1'))).digest).toBe(digest);
});

test('only whole releases are found: what is damaged is not', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  const { digest } = await lab.store().prepare(lab.inputOf());
  mkdirSync(join(lab.root, 'f'.repeat(64)));
  writeFileSync(join(lab.root, digest, 'release.json'), '{');
  expect(lab.store().list()).toEqual([]);
});
