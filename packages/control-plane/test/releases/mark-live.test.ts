import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { markLive } from '../../src/releases/mark-live.ts';
import { createReleaseLab } from './release-lab.ts';

test('who cannot ask the records finds the live release and its manifest', async () => {
  const lab = createReleaseLab();
  lab.write('api.js', 'one');
  const store = lab.store();
  const { manifest } = lab.inputOf();
  const first = await store.prepare(lab.inputOf());

  markLive(store, lab.environment, first.digest);
  const file = join(lab.stateDir, 'manifest.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(manifest);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readlinkSync(join(lab.root, 'live'))).toBe(first.digest);
  const written = statSync(file).ino;
  markLive(store, lab.environment, first.digest);
  expect(statSync(file).ino).toBe(written);

  const second = await store.prepare(lab.inputOf({ owner: 'another' }));
  markLive(store, lab.environment, second.digest);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ owner: 'another' });
  expect(readlinkSync(join(lab.root, 'live'))).toBe(second.digest);
  expect(store.list().map(({ digest }) => digest)).toEqual([second.digest, first.digest]);
  expect(readdirSync(lab.root).sort()).toEqual([first.digest, second.digest, 'live'].sort());
});
