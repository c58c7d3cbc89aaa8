import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSource } from '../../src/releases/read-source.ts';
import { sampleInput, sampleManifest } from '../support/sample-manifest.ts';
import { createScratch } from '../support/scratch.ts';

/** A git repository with a workload in `shop/`, whose configuration imports a package that is not in the repository. */
function createRepository() {
  const root = createScratch();
  const shop = join(root, 'shop');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
      encoding: 'utf8',
    }).trim();
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  write('node_modules/names/package.json', '{"name":"names","type":"module","exports":"./index.js"}');
  write('node_modules/names/index.js', "export const owner = 'team shop';");
  write('.gitignore', 'node_modules\n');
  const { owner: _, ...rest } = sampleInput;
  write(
    'shop/alwayson.config.ts',
    `import { defineWorkload } from '@alwayson/sdk/workload.ts';
     import { owner } from 'names';
     export default defineWorkload({ owner, ...${JSON.stringify(rest)} });`,
  );
  write('shop/api.js', 'one');
  write('other/file', '');
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'one');
  return { root, shop, git, write };
}

test('a folder is itself; so is that of a configuration file', async () => {
  const { shop, root } = createRepository();
  const read = await readSource('shop', { cwd: root });
  expect(read).toMatchObject({
    path: shop,
    source: { kind: 'folder', path: shop },
    manifest: sampleManifest,
  });
  await read.remove();
  expect(existsSync(join(shop, 'api.js'))).toBe(true);
  writeFileSync(join(shop, 'staging.json'), JSON.stringify({ ...sampleInput, owner: 'staging' }));
  const named = await readSource(join(shop, 'staging.json'));
  expect(named).toMatchObject({ path: shop, manifest: { owner: 'staging' } });
});

test('a revision is exported: that folder only, as it was, with packages for its configuration', async () => {
  const { shop, git, write } = createRepository();
  const commit = git('rev-parse', 'HEAD');
  git('tag', 'v1');
  write('shop/api.js', 'two');
  git('commit', '-q', '-am', 'two');
  write('shop/alwayson.config.ts', 'not even a program');
  const { path, source, manifest, remove } = await readSource(shop, { revision: 'v1' });
  expect(source).toEqual({ kind: 'git', path: shop, revision: commit });
  expect(manifest).toEqual(sampleManifest);
  expect(readFileSync(join(path, 'api.js'), 'utf8')).toBe('one');
  expect(existsSync(join(path, 'other'))).toBe(false);
  expect(readFileSync(join(shop, 'api.js'), 'utf8')).toBe('two');
  await remove();
  expect(existsSync(dirname(path))).toBe(false);
  expect(existsSync(join(shop, '../node_modules/names/index.js'))).toBe(true);
});

test('what cannot be read is told by what it is', async () => {
  const { root, shop, git, write } = createRepository();
  const refused = async (path: string, revision: string | undefined, [code, message]: [string, RegExp]) =>
    expect(readSource(path, { revision, cwd: root })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  await refused('nowhere', undefined, ['AON_MANIFEST_MISSING', /There is no .*nowhere/]);
  await refused('other', undefined, ['AON_MANIFEST_MISSING', /other has no alwayson\.config\.ts/]);
  await refused('shop', 'v9', ['AON_NOT_FOUND', /no revision v9/]);
  await refused('shop', '--all', ['AON_NOT_FOUND', /no revision --all/]);
  await refused('other', 'main', ['AON_MANIFEST_MISSING', /other at revision main has no/]);
  write('late/alwayson.config.json', '{}');
  await refused('late', 'main', ['AON_NOT_FOUND', /late cannot be exported at main/]);
  git('rm', '-q', '--cached', 'shop/alwayson.config.ts');
  git('commit', '-q', '-m', 'without');
  await refused('shop/alwayson.config.ts', 'main', ['AON_MANIFEST_MISSING', /has no alwayson\.config\.ts/]);
  rmSync(join(root, '.git'), { recursive: true });
  await refused('shop', 'main', ['AON_USAGE', /is in no git repository/]);
  expect(existsSync(shop)).toBe(true);
});

test('without git only --revision is refused', async () => {
  const { shop } = createRepository();
  const empty = createScratch();
  symlinkSync(process.execPath, join(empty, 'node'));
  const path = process.env['PATH'];
  process.env['PATH'] = empty;
  onTestFinished(() => void (process.env['PATH'] = path));
  expect((await readSource(shop)).path).toBe(shop);
  await expect(readSource(shop, { revision: 'main' })).rejects.toMatchObject({
    code: 'AON_PREREQUISITE_MISSING',
  });
});
