import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { removeFolder, sealFolder } from '../../src/releases/release-folders.ts';

const nobody = 65_534;
const source = resolve(import.meta.dirname, '../../src/releases/release-folders.ts');

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alwayson-folders-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'tree/bin'), { recursive: true });
  writeFileSync(join(folder, 'tree/bin/tool'), 'one', { mode: 0o755 });
  writeFileSync(join(folder, 'tree/secret'), 'two', { mode: 0o600 });
  return folder;
}

test('a sealed folder keeps who may read and run what, and is removed as a whole', async () => {
  const tree = join(createFolder(), 'tree');
  await sealFolder(tree);
  const modes = ['', 'bin', 'bin/tool', 'secret'].map((path) => statSync(join(tree, path)).mode & 0o777);
  expect(modes).toEqual([0o555, 0o555, 0o555, 0o400]);
  await removeFolder(tree);
  expect(existsSync(tree)).toBe(false);
  await removeFolder(tree);
});

test('who is not root cannot write into a sealed folder, and can remove it', (context) => {
  const folder = createFolder();
  const program = `
    import { existsSync, writeFileSync } from 'node:fs';
    import { removeFolder, sealFolder } from ${JSON.stringify(source)};
    const tryTo = (write) => { try { write(); return 'written'; } catch (error) { return error.code; } };
    await sealFolder('tree');
    const results = [
      tryTo(() => writeFileSync('tree/bin/tool', 'x')),
      tryTo(() => writeFileSync('tree/bin/new', 'x')),
    ];
    await removeFolder('tree');
    console.log([...results, existsSync('tree')].join());`;
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  if ('uid' in user) {
    chmodSync(folder, 0o777);
    for (const path of ['tree', 'tree/bin', 'tree/bin/tool', 'tree/secret'])
      chownSync(join(folder, path), nobody, nobody);
    const canRead = spawnSync('cat', [source], { ...user, stdio: 'ignore' }).status === 0;
    if (!canRead) context.skip('the sources are closed to other users');
  }
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    ...user,
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stdout.trim() || stderr).toBe('EACCES,EACCES,false');
});
