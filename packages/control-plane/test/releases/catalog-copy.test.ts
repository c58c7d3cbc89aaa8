import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { expect, test } from 'vitest';
import { createReleaseLab, installDir } from './release-lab.ts';

/** Tells at the end of a program which files it has loaded. */
const telling = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  import { writeSync } from 'node:fs';
  const urls = [];
  registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
  process.on('exit', () => writeSync(1, JSON.stringify(urls)));`)}`;

test('the catalog runs from its copy: its own modules are those of the copy, its packages those of the source', async () => {
  const lab = createReleaseLab();
  const source = join(installDir, 'workloads/catalog');
  const { default: workload } = (await import(join(source, 'alwayson.config.ts'))) as { default: unknown };
  const manifest = Manifest.parse(workload);
  const store = lab.store();
  const release = await store.prepare({
    ...lab.inputOf(),
    path: source,
    source: { kind: 'folder', path: source },
    manifest,
  });
  const { tree, builds } = store.folder(release.digest);

  expect(release.migrations.map(({ name }) => name)).toContain('0001_catalog.sql');
  expect(readFileSync(join(builds.get('web') ?? '', 'index.html'), 'utf8')).toContain(
    '<script type="module">',
  );
  expect(existsSync(join(tree, 'web/client/dist'))).toBe(false);
  for (const [component, part] of [
    ['api', 'db/src/items.ts'],
    ['worker', 'db/src/comments.ts'],
    ['web', 'web/server/web-server.ts'],
  ] as const) {
    const command = manifest.components.find(({ name }) => name === component)?.command ?? [];
    // Without stores and addresses each of them ends as soon as it has loaded everything.
    const { stdout } = spawnSync(process.execPath, ['--import', telling, ...command.slice(1)], {
      cwd: tree,
      env: { PATH: process.env['PATH'] },
      encoding: 'utf8',
    });
    const loaded = JSON.parse(stdout.slice(stdout.indexOf('["'))) as string[];
    expect(loaded).toContain(pathToFileURL(join(tree, part)).href);
    expect(loaded.filter((url) => url.includes('/packages/sdk/')).length).toBeGreaterThan(5);
    expect(loaded.filter((url) => url.startsWith(pathToFileURL(source).href))).toEqual([]);
  }
});
