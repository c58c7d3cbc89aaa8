import { Backups } from '@alwayson/protocol/backups.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BackupFacts,
  decideBackup,
  findBackupTrouble,
  type RepositoryFacts,
} from '../../src/backups/decide-backup.ts';

const policy = Backups.parse({});
const hour = 3_600_000;
const now = 1000 * hour;
const repository = (region: string, fullHours: number | null, hours: number | null): RepositoryFacts => ({
  region,
  firstAt: fullHours === null ? null : now - Math.max(fullHours, 2) * hour,
  lastFullAt: fullHours === null ? null : now - fullHours * hour,
  lastAt: hours === null ? null : now - hours * hour,
  verifiedAt: now - hour,
});
const facts = (repositories: RepositoryFacts[], more: Partial<BackupFacts> = {}): BackupFacts => ({
  repositories,
  verifyTriedAt: now - hour,
  failedAt: null,
  ...more,
});

test('an empty repository gets a full one, then the other, then what changed, when it is time', () => {
  const decide = (repositories: RepositoryFacts[]) => decideBackup(facts(repositories), policy, now);
  expect(decide([repository('west', null, null), repository('east', null, null)])).toEqual({
    type: 'backup',
    region: 'west',
    kind: 'full',
  });
  expect(decide([repository('west', 1, 1), repository('east', null, null)])).toMatchObject({
    region: 'east',
  });
  expect(decide([repository('west', 1, 1), repository('east', 1, 1)])).toEqual({ type: 'none' });
  expect(decide([repository('west', 8, 1), repository('east', 8, 7)])).toEqual({
    type: 'backup',
    region: 'east',
    kind: 'incr',
  });
  expect(decide([repository('west', 25, 1), repository('east', 8, 7)])).toEqual({
    type: 'backup',
    region: 'west',
    kind: 'full',
  });
});

test('a proof waits for backups, takes each region in turn, and what failed is left alone for ten minutes', () => {
  const good = [repository('west', 1, 1), repository('east', 1, 1)];
  const never = good.map((one) => ({ ...one, verifiedAt: null }));
  const decide = (repositories: RepositoryFacts[], more: Partial<BackupFacts> = {}) =>
    decideBackup(facts(repositories, { verifyTriedAt: null, ...more }), policy, now);
  expect(decide(never)).toEqual({ type: 'verify', region: 'west' });
  const young = never.map((one) => ({ ...one, firstAt: now - hour / 2 }));
  expect(decide(young)).toEqual({ type: 'none' });
  expect(decide([])).toEqual({ type: 'none' });
  const ago = (hours: number) => now - hours * hour;
  const turns = good.map((one, index) => ({ ...one, verifiedAt: ago(index === 0 ? 25 : 49) }));
  expect(decide(turns)).toEqual({ type: 'verify', region: 'east' });
  // One of them each day is enough.
  expect(
    decide(turns.map((one) => ({ ...one, verifiedAt: one.region === 'west' ? ago(23) : ago(49) }))),
  ).toEqual({
    type: 'none',
  });
  expect(decide(never, { verifyTriedAt: now - 300_000 })).toEqual({ type: 'none' });
  const failed = { failedAt: now - 300_000 };
  expect(decide([repository('west', null, null)], failed)).toEqual({ type: 'none' });
});

test('late backups and proofs are trouble', () => {
  const good = [repository('west', 1, 1)];
  expect(findBackupTrouble(facts(good), policy, now)).toBeNull();
  expect(findBackupTrouble(facts([repository('west', 20, 10)]), policy, now)).toContain('west');
  const never = good.map((one) => ({ ...one, verifiedAt: null }));
  expect(findBackupTrouble(facts(never), policy, now)).toBeNull();
  const old = never.map((one) => ({ ...one, firstAt: now - 49 * hour }));
  expect(findBackupTrouble(facts(old), policy, now)).toContain('verified');
  const late = good.map((one) => ({ ...one, verifiedAt: now - 49 * hour }));
  expect(findBackupTrouble(facts(late), policy, now)).toContain('lately');
});

test('whatever the times: done as decided, all that is due comes to an end', () => {
  const anyAge = fc.option(fc.nat(100));
  fc.assert(
    fc.property(fc.array(fc.tuple(anyAge, anyAge), { maxLength: 4 }), (ages) => {
      const repositories = ages.map(([full, last], index) => repository(`r${index}`, full, last));
      for (const one of repositories) one.verifiedAt = null;
      const seen = facts(repositories, { verifyTriedAt: null });
      for (let step = 0; step < 3 * ages.length + 2; step += 1) {
        const decision = decideBackup(seen, policy, now);
        if (decision.type === 'none') return;
        const found = repositories.find(({ region }) => region === decision.region);
        if (decision.type === 'verify') Object.assign(found ?? {}, { verifiedAt: now });
        else {
          Object.assign(found ?? {}, { lastAt: now }, decision.kind === 'full' ? { lastFullAt: now } : {});
        }
      }
      expect.unreachable('it never comes to rest');
    }),
  );
});
