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
});
const facts = (repositories: RepositoryFacts[], more: Partial<BackupFacts> = {}): BackupFacts => ({
  repositories,
  verifiedAt: now - hour,
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

test('a verification waits for backups, and what failed is left alone for ten minutes', () => {
  const good = [repository('west', 1, 1), repository('east', 1, 1)];
  const unverified = { verifiedAt: null, verifyTriedAt: null };
  expect(decideBackup(facts(good, unverified), policy, now)).toEqual({ type: 'verify' });
  const young = good.map((one) => ({ ...one, firstAt: now - hour / 2 }));
  expect(decideBackup(facts(young, unverified), policy, now)).toEqual({ type: 'none' });
  expect(decideBackup(facts([], unverified), policy, now)).toEqual({ type: 'none' });
  const tried = { verifiedAt: null, verifyTriedAt: now - 300_000 };
  expect(decideBackup(facts(good, tried), policy, now)).toEqual({ type: 'none' });
  const failed = { failedAt: now - 300_000 };
  expect(decideBackup(facts([repository('west', null, null)], failed), policy, now)).toEqual({
    type: 'none',
  });
});

test('late backups and verifications are trouble', () => {
  const good = [repository('west', 1, 1)];
  expect(findBackupTrouble(facts(good), policy, now)).toBeNull();
  expect(findBackupTrouble(facts([repository('west', 20, 10)]), policy, now)).toContain('west');
  expect(findBackupTrouble(facts(good, { verifiedAt: null }), policy, now)).toBeNull();
  const old = good.map((one) => ({ ...one, firstAt: now - 49 * hour }));
  expect(findBackupTrouble(facts(old, { verifiedAt: null }), policy, now)).toContain('verified');
  expect(findBackupTrouble(facts(good, { verifiedAt: now - 49 * hour }), policy, now)).toContain('lately');
});

test('whatever the times: done as decided, all that is due comes to an end', () => {
  const anyAge = fc.option(fc.nat(100));
  fc.assert(
    fc.property(fc.array(fc.tuple(anyAge, anyAge), { maxLength: 4 }), (ages) => {
      const repositories = ages.map(([full, last], index) => repository(`r${index}`, full, last));
      const seen = facts(repositories, { verifiedAt: null, verifyTriedAt: null });
      for (let step = 0; step < 3 * ages.length + 2; step += 1) {
        const decision = decideBackup(seen, policy, now);
        if (decision.type === 'none') return;
        if (decision.type === 'verify') Object.assign(seen, { verifiedAt: now, verifyTriedAt: now });
        else {
          const found = repositories.find(({ region }) => region === decision.region);
          Object.assign(found ?? {}, { lastAt: now }, decision.kind === 'full' ? { lastFullAt: now } : {});
        }
      }
      expect.unreachable('it never comes to rest');
    }),
  );
});
