import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isWhole } from '../harness/environment.ts';
import { createReleaseFolder, withProgram } from '../harness/release-folder.ts';
import { findMountObstacle, putOnSmallDisk } from '../harness/small-disk.ts';
import { deployUnderLoad, useReleases } from '../harness/use-releases.ts';

const program = withProgram([50, 100], 3);
const releases = useReleases(program);
/** More than what a release has to leave to the databases. */
const spareMebibytes = 256;
const obstacle = await findMountObstacle();

test.skipIf(obstacle !== null)(
  `a disk that is full while a release is prepared: refused, and it goes on once there is room${obstacle === null ? '' : ` (${obstacle})`}`,
  async () => {
    const { environment } = releases;
    const before = await environment.status();
    const folder = await createReleaseFolder(program);
    const disk = await putOnSmallDisk(join(environment.home, 'releases'), spareMebibytes);
    try {
      await folder.edit({ 'release-note.txt': () => 'one that needs room\n' });
      await disk.fill();
      const order = { path: folder.path, args: ['--version', 'roomy'] };
      const refused = await deployUnderLoad(releases, { name: 'disk full', ...order });
      expect(refused.exitCode).not.toBe(0);
      expect(refused.report).toMatchObject({ state: 'undone', code: 'AON_DISK_FULL' });
      expect(refused.outside.failed).toEqual([]);
      expect(refused.outside.lostWrites).toEqual([]);
      expect((await environment.until('whole', isWhole)).release).toBe(before.release);
      await disk.free();
      const taken = await deployUnderLoad(releases, { name: 'room again', ...order });
      expect(taken.report).toMatchObject({ state: 'succeeded', live: 'roomy' });
      expect(taken.outside.failed).toEqual([]);
      await environment.until('whole again', isWhole, 120_000);
    } finally {
      await environment.down();
      await disk.remove();
      await folder.remove();
    }
  },
);
