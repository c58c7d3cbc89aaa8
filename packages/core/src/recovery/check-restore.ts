import type { RecoveryCheck, RestoreTarget } from '@alwayson/protocol/recovery.ts';
import { checkSwitch, type SwitchFacts, type SwitchReadiness } from './check-switch.ts';

/** A place in the log. */
export interface LogPlace {
  timeline: number;
  lsn: string;
}

export interface RepositoryFacts {
  region: string;
  /** Times are Unix ms. */
  backups: readonly { label: string; endedAt: number; end: LogPlace; hasErrors: boolean }[];
}

export interface RestoreFacts extends SwitchFacts {
  /** A time (ISO 8601), or the label of a backup. */
  wanted: string;
  repositories: readonly RepositoryFacts[];
  /** The timeline that is written, and where those before it were left. */
  history: { timeline: number; forks: readonly LogPlace[] };
  /** Unix ms. */
  now: number;
}

export interface RestoreReadiness extends SwitchReadiness {
  target: RestoreTarget | null;
  /** How far the data goes back. */
  seconds: number | null;
}

/** What has to be so before anything is restored: the target exists, and the restored server could take over by a planned switch. */
export function checkRestore(facts: RestoreFacts): RestoreReadiness {
  const { candidate, checks, isReady } = checkSwitch(facts);
  const { target, at, check } = findTarget(facts);
  return {
    candidate,
    checks: [check, ...checks],
    isReady: isReady && target !== null,
    target,
    seconds: at === null ? null : (facts.now - at) / 1000,
  };
}

/** `at`: Unix ms of the moment that the data would be of. */
interface Found {
  target: RestoreTarget | null;
  at: number | null;
  check: RecoveryCheck;
}

function findTarget(facts: RestoreFacts): Found {
  const { wanted, now } = facts;
  const all = listBackups(facts);
  const fail = (detail: string): Found => ({ target: null, at: null, check: toCheck('fail', detail) });
  const named = all.find(({ label }) => label === wanted);
  if (named !== undefined) {
    const { region, label, endedAt } = named;
    const check = toCheck('pass', `backup ${label} of ${region}`);
    return { target: { region, label, time: null }, at: endedAt, check };
  }
  const time = Date.parse(wanted);
  if (Number.isNaN(time))
    return fail(`${wanted} is neither the label of a sound backup nor a time such as 2026-01-31T12:00:00Z`);
  if (time > now) return fail(`${toText(time)} is still to come`);
  // The log leads from the end of a backup forward, never back, and only along the history that is written today.
  const usable = all.filter(({ end }) => isInHistory(end, facts));
  const oldest = Math.min(...usable.map(({ endedAt }) => endedAt));
  const [newest] = usable.filter(({ endedAt }) => endedAt <= time).toSorted((a, b) => b.endedAt - a.endedAt);
  if (newest === undefined)
    return fail(
      usable.length === 0
        ? 'there is no sound backup'
        : `the oldest sound backup ended at ${toText(oldest)}: nothing before that can be restored`,
    );
  const { region, label } = newest;
  const detail = `${toText(time)}, from backup ${label} of ${region} and the log after it`;
  return { target: { region, label, time }, at: time, check: toCheck('pass', detail) };
}

/** Those of the region that is to write come first: they are near. */
function listBackups({ repositories, region: near }: RestoreFacts) {
  const rank = ({ region }: RepositoryFacts) => (region === near ? 0 : 1);
  return repositories
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap(({ region, backups }) => backups.map((backup) => ({ region, ...backup })))
    .filter(({ hasErrors }) => !hasErrors);
}

/** What an earlier restore has undone is not: its backups can be restored themselves, and nothing after them. */
function isInHistory({ timeline, lsn }: LogPlace, { history }: RestoreFacts): boolean {
  if (timeline === history.timeline) return true;
  const fork = history.forks.find((left) => left.timeline === timeline);
  return fork !== undefined && toPosition(lsn) <= toPosition(fork.lsn);
}

function toPosition(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

function toCheck(state: RecoveryCheck['state'], detail: string): RecoveryCheck {
  return { name: 'target', state, detail };
}

function toText(time: number): string {
  return new Date(time).toISOString();
}
