import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildOnce } from '../../src/builds/build-once.ts';
import { hashContent } from '../../src/builds/content-hash.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alwayson-build-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write =
  "require('node:fs').mkdirSync(process.env.ALWAYSON_BUILD_DIR, {recursive: true});" +
  "require('node:fs').writeFileSync(process.env.ALWAYSON_BUILD_DIR + '/out', String(process.pid))";

test('builds once per folder of content', async () => {
  const input = {
    name: 'web',
    command: ['node', '-e', write],
    cwd: folder,
    outDir: join(folder, 'out-1'),
    environment: {},
  };
  const built = readFileSync(join(await buildOnce(input), 'out'), 'utf8');
  expect(readFileSync(join(await buildOnce(input), 'out'), 'utf8')).toBe(built);
});

test('a build that fails leaves no folder and tells its output', async () => {
  const command = ['node', '-e', `${write}; console.error('no such font'); process.exit(1)`];
  const failing = buildOnce({
    name: 'web',
    command,
    cwd: folder,
    outDir: join(folder, 'out-1'),
    environment: {},
  });
  await expect(failing).rejects.toMatchObject({
    code: 'AON_BUILD_FAILED',
    message: expect.stringContaining('no such font'),
  });
  expect(readdirSync(folder)).toEqual([]);
});

test('the hash follows names and contents, not what tools leave behind', async () => {
  writeFileSync(join(folder, 'a.ts'), 'one');
  const before = await hashContent([folder]);
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules', 'x.js'), 'tool');
  expect(await hashContent([folder])).toBe(before);
  writeFileSync(join(folder, 'a.ts'), 'two');
  const after = await hashContent([folder]);
  expect(after).not.toBe(before);
  expect(await hashContent([folder], ['manifest'])).not.toBe(after);
  expect(existsSync(join(folder, 'a.ts'))).toBe(true);
});
