import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installDir } from '../../src/install-dir.ts';
import { findStateFolder, toMainFolder } from '../../src/environment/state-folder.ts';
import { createScratch } from '../support/scratch.ts';

test('beside the installation by default, or where ALWAYSON_HOME says', () => {
  expect(findStateFolder({}, false)).toEqual({ name: 'main', path: join(installDir, '.alwayson') });
  expect(findStateFolder({ ALWAYSON_HOME: '/srv/shop' }, false)).toEqual({ name: 'main', path: '/srv/shop' });
});

test('other environments stand beside the main one, under their name', () => {
  const env = { ALWAYSON_HOME: '/srv/shop', ALWAYSON_ENV: 'trial-2' };
  const folder = findStateFolder(env, false);
  expect(folder).toEqual({ name: 'trial-2', path: '/srv/shop-trial-2' });
  expect(toMainFolder(folder)).toBe('/srv/shop');
  expect(toMainFolder({ name: 'main', path: '/srv/shop' })).toBe('/srv/shop');
});

test.each(['../up', 'Big', '2nd', 'a'.repeat(25), 'a b'])('"%s" is no name', (name) => {
  expect(() => findStateFolder({ ALWAYSON_ENV: name }, false)).toThrow(
    expect.objectContaining({ code: 'AON_USAGE' }),
  );
});

test('a folder that the user postgres cannot reach is refused with the folder to open', () => {
  const closed = join(createScratch(), 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o700);
  const env = { ALWAYSON_HOME: join(closed, 'deep/state') };
  expect(() => findStateFolder(env, true)).toThrow(
    expect.objectContaining({
      code: 'AON_STATE_FOLDER',
      hint: expect.stringContaining(`chmod o+x ${closed}`),
    }),
  );
  expect(findStateFolder(env, false).path).toBe(env.ALWAYSON_HOME);
});
