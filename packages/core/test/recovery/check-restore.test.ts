import { expect, test } from 'vitest';
import { checkRestore, type RestoreFacts } from '../../src/recovery/check-restore.ts';

const hour = 3_600_000;
const now = Date.parse('2026-03-01T12:00:00Z');
const at = (hoursAgo: number) => new Date(now - hoursAgo * hour).toISOString();

function backup(label: string, hoursAgo: number, change: object = {}) {
  return {
    label,
    endedAt: now - hoursAgo * hour,
    end: { timeline: 3, lsn: '0/9000000' },
    hasErrors: false,
    ...change,
  };
}

const member = (id: string, region: string, isWriter = false) => ({
  id,
  region,
  isWriter,
  isWriting: isWriter,
  isFollowing: !isWriter,
  lagBytes: isWriter ? null : 0,
});

const facts: RestoreFacts = {
  region: 'east',
  regions: ['west', 'east'],
  authority: {
    epoch: 4,
    writerRegion: 'west',
    writer: null,
    phase: 'steady',
    operation: null,
    leaseUntil: null,
  },
  members: [member('pg-west-1', 'west', true), member('pg-east-1', 'east'), member('pg-east-2', 'east')],
  doors: [{ id: 'door', isAnswering: true }],
  copy: 'degrade',
  running: [],
  wanted: at(1),
  repositories: [
    { region: 'west', backups: [backup('w-old', 48), backup('w-new', 2)] },
    { region: 'east', backups: [backup('e-old', 30)] },
  ],
  history: { timeline: 3, forks: [{ timeline: 2, lsn: '0/8000000' }] },
  now,
};
const check = (change: Partial<RestoreFacts> = {}) => checkRestore({ ...facts, ...change });
const refusal = (change: Partial<RestoreFacts>) => {
  const { isReady, target, checks } = check(change);
  expect({ isReady, target }).toEqual({ isReady: false, target: null });
  return checks.find(({ name }) => name === 'target')?.detail;
};

test('a time is reached from the newest backup that ended before it, wherever that is', () => {
  expect(check()).toMatchObject({
    isReady: true,
    candidate: 'pg-east-1',
    target: { region: 'west', label: 'w-new', time: now - hour },
    seconds: 3600,
  });
  expect(check({ wanted: at(3) }).target).toMatchObject({ region: 'east', label: 'e-old' });
  expect(check({ wanted: at(40) }).target).toMatchObject({ region: 'west', label: 'w-old' });
});

test('a backup is restored as it is, from where it is; what is near comes first', () => {
  expect(check({ wanted: 'e-old' })).toMatchObject({
    target: { region: 'east', label: 'e-old', time: null },
    seconds: 30 * 3600,
  });
  const both = [
    { region: 'west', backups: [backup('same', 5)] },
    { region: 'east', backups: [backup('same', 5)] },
  ];
  expect(check({ wanted: 'same', repositories: both }).target?.region).toBe('east');
});

test('what cannot be reached is refused, and why', () => {
  expect(refusal({ wanted: 'yesterday' })).toContain('neither the label of a sound backup nor a time');
  expect(refusal({ wanted: at(-1) })).toContain('still to come');
  expect(refusal({ wanted: at(60) })).toContain(at(48));
  expect(refusal({ repositories: [] })).toBe('there is no sound backup');
  const damaged = [{ region: 'west', backups: [backup('bad', 2, { hasErrors: true })] }];
  expect(refusal({ repositories: damaged })).toBe('there is no sound backup');
  expect(refusal({ repositories: damaged, wanted: 'bad' })).toContain('neither');
});

test('the log leads only along the history that is written: what a restore has undone is reached by its backups alone', () => {
  const undone = backup('undone', 1, { end: { timeline: 2, lsn: '0/8000001' } });
  const before = backup('before', 5, { end: { timeline: 2, lsn: '0/8000000' } });
  const elsewhere = backup('elsewhere', 1, { end: { timeline: 9, lsn: '0/1' } });
  const repositories = [{ region: 'west', backups: [before, undone, elsewhere] }];
  expect(check({ repositories, wanted: at(0) }).target).toMatchObject({ label: 'before' });
  expect(check({ repositories, wanted: 'undone' }).target).toMatchObject({ label: 'undone', time: null });
});

test('positions are numbers, not texts', () => {
  const end = { timeline: 2, lsn: 'A/1' };
  const repositories = [{ region: 'west', backups: [backup('one', 5, { end })] }];
  const history = { timeline: 3, forks: [{ timeline: 2, lsn: '10/0' }] };
  expect(check({ repositories, history, wanted: at(1) }).target).toMatchObject({ label: 'one' });
});

test('the restored server takes over by a planned switch: what that needs, this needs', () => {
  const running = [{ id: 'deploy-1', title: 'a release' }];
  expect(check({ running })).toMatchObject({ isReady: false, target: { label: 'w-new' } });
  const gone = facts.members.map((one) => (one.region === 'east' ? { ...one, isFollowing: false } : one));
  expect(check({ members: gone })).toMatchObject({ isReady: false, candidate: null });
});
