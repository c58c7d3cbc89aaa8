import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installDir } from '../../src/install-dir.ts';
import { findStateFolder } from '../../src/environment/state-folder.ts';
import { createScratch } from '../support/scratch.ts';

test('beside the installation by default, or where ALWAYSON_HOME says', () => {
  expect(findStateFolder({}, false)).toEqual({ path: join(installDir, '.alwayson') });
  expect(findStateFolder({ ALWAYSON_HOME: '/srv/shop' }, false)).toEqual({ path: '/srv/shop' });
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
