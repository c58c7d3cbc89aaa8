import { expect, test } from 'vitest';
import { badReleases } from '../harness/bad-releases.ts';
import { isWhole } from '../harness/environment.ts';
import { createReleaseFolder, withProgram } from '../harness/release-folder.ts';
import { deployUnderLoad, useReleases } from '../harness/use-releases.ts';

/** Bad releases, each undone by itself: what users feel of them is bounded by the first step, and the old release is as it was. */
const program = withProgram([5, 25, 50, 100], 15);
const releases = useReleases(program);

test.each(badReleases)('a release that $name is taken back', async ({ name, edits, because, foundBy }) => {
  const before = await releases.environment.status();
  const folder = await createReleaseFolder(program);
  await folder.edit(edits);
  try {
    const { report, outside, exitCode } = await deployUnderLoad(releases, {
      name: `bad release: ${name}`,
      path: folder.path,
      args: [],
    });
    expect(report.state).toBe('undone');
    expect(exitCode).not.toBe(0);
    expect(report.reason).toMatch(because);
    if (foundBy !== 'traffic') expect(outside.failed).toEqual([]);
    // What the first step may give to it, for as long as it is looked at: 5 % of what was asked in 15 s.
    expect(outside.failed.length).toBeLessThan(0.05 * 200 * 15);
    expect(outside.lostWrites).toEqual([]);
    const after = await releases.environment.until('whole on the old release', isWhole, 120_000);
    expect(after.release).toBe(before.release);
    expect(after.stamps.map(({ id }) => id).toSorted()).toEqual(before.stamps.map(({ id }) => id).toSorted());
  } finally {
    await folder.remove();
  }
});
