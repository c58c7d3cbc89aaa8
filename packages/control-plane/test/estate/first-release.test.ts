import type { EnvironmentOrigin } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Release } from '@alwayson/protocol/releases.ts';
import { expect, test } from 'vitest';
import { createFirstRelease } from '../../src/estate/first-release.ts';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import type { ReleaseStore } from '../../src/releases/release-store.ts';
import { environmentOf, manifestOf } from '../api/fixtures.ts';
import { openMemoryStore } from '../records/memory-store.ts';

const release = { digest: 'abcdef'.padEnd(64, '0') } as Release;

/** On a clock of its own. */
function createRig(
  prepare: ReleaseStore['prepare'],
  { origin, kept = null }: { origin?: EnvironmentOrigin; kept?: Release | null } = {},
) {
  let nowMs = 1_000_000;
  const now = () => nowMs;
  const journal = createSqliteJournal(openMemoryStore(), now);
  const taken: Release[] = [];
  const first = createFirstRelease({
    environment: { ...environmentOf(), origin },
    manifest: manifestOf(),
    journal,
    now,
    releases: { prepare, find: (ref) => (ref === kept?.digest ? kept : null) },
    take: (made) => taken.push(made),
  });
  return {
    first,
    taken,
    events: () => journal.events({ limit: 20 }),
    /** The control plane's tick, after so long; what is due has then been done. */
    async tick(afterMs: number) {
      nowMs += afterMs;
      first.start();
      await new Promise(setImmediate);
    },
  };
}

test('a first release that cannot be made is told, and tried again after a minute', async () => {
  let asked = 0;
  const { first, taken, events, tick } = createRig(async ({ tell }) => {
    asked += 1;
    tell?.('Building web: npm run build.');
    if (asked === 1) throw new AlwaysOnError('AON_RELEASE_BROKEN', 'The build of web failed.\nThe log.');
    return release;
  });
  await tick(0);
  expect(first.waitingFor()).toContain('The build of web failed.');
  await tick(59_000);
  expect([asked, taken]).toEqual([1, []]);
  await tick(1000);
  expect([asked, taken]).toEqual([2, [release]]);
  expect(first.waitingFor()).toBe('the first release (Building web: npm run build)');
  expect(events().map(({ type }) => type)).toEqual([
    'release.preparing',
    'release.failed',
    'release.preparing',
  ]);
});

test('the end of the control plane ends what is being made, and is no failure', async () => {
  const { first, events, tick } = createRig(
    (_input, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new AlwaysOnError('AON_INTERRUPTED', 'Aborted.')));
      }),
  );
  await tick(0);
  await first.close();
  await tick(120_000);
  expect(events()).toEqual([]);
});

const origin: EnvironmentOrigin = {
  environment: 'main',
  copiedAt: '2026-01-01T00:00:00.000Z',
  backup: '20260101-000000F',
  release: release.digest,
  time: null,
  isMasked: false,
};

test('a copied environment takes the release that was copied with its data', async () => {
  const { taken, tick } = createRig(() => Promise.reject(new Error('made again')), { origin, kept: release });
  await tick(0);
  expect(taken).toEqual([release]);
});

test('when that is not there, the folder is taken', async () => {
  const made = { ...release, version: 'made' };
  const { taken, tick } = createRig(async () => made, { origin });
  await tick(0);
  expect(taken).toEqual([made]);
});
