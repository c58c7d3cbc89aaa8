import { expect, test } from 'vitest';
import { createReleaseFolder, withProgram } from '../harness/release-folder.ts';
import { deployUnderLoad, useReleases } from '../harness/use-releases.ts';

/** Good releases, one after the other, under load: none costs a request. */
const releases = useReleases(withProgram([5, 25, 50, 100], 4));
const count = Number(process.env.ALWAYSON_E2E_RELEASES ?? '20');

/** A release takes one to three minutes here. */
const timeout = count * 300_000;

test(`${count} releases in a row lose nothing`, { timeout }, async () => {
  const folder = await createReleaseFolder(withProgram([5, 25, 50, 100], 4));
  try {
    for (let n = 1; n <= count; n += 1) {
      await folder.edit({ 'release-note.txt': () => `release ${n}\n` });
      const { report, outside } = await deployUnderLoad(releases, {
        name: `release ${n} of ${count}`,
        path: folder.path,
        args: ['--version', `r${n}`],
      });
      expect(report).toMatchObject({ state: 'succeeded', live: `r${n}`, lost: 0 });
      expect(outside.failed).toEqual([]);
      expect(outside.lostWrites).toEqual([]);
    }
  } finally {
    await folder.remove();
  }
});
