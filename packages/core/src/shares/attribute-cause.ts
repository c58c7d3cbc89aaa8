import type { ShareCause, StampClass } from '@alwayson/protocol/shares.ts';
import type { ClassReason } from './share-memory.ts';

export interface ClassedStamp {
  id: string;
  region: string;
  release: string;
  /** Everything that speaks against it; the worst of them is its class. */
  reasons: readonly ClassReason[];
  /** False when the stamp could not be asked: it says nothing about what is shared. */
  isHeard: boolean;
  /** Of a release on its way in, without traffic yet: what users would make of it is not known. */
  isIdle: boolean;
}

/** Worse is higher; `off` is nobody's fault and outranks all evidence. */
const severity: Record<StampClass, number> = { ok: 0, degraded: 1, soft: 2, hard: 3, off: 4 };

function worstClass(classes: readonly StampClass[]): StampClass {
  return classes.reduce((worst, item) => (severity[item] > severity[worst] ? item : worst), 'ok');
}

export function classOf({ reasons }: Pick<ClassedStamp, 'reasons'>): StampClass {
  return worstClass(reasons.map(({ level }) => level));
}

function isLive(stamp: ClassedStamp): boolean {
  const found = classOf(stamp);
  return found !== 'off' && found !== 'hard';
}

/** Whether a reason names something that other stamps use too: bad, or only strained. */
export function isSharedKey(key: string): boolean {
  return key.startsWith('dependency:') || key.startsWith('strain:') || key.startsWith('flow:');
}

/** What every live stamp sees bad. It says nothing against any of them: a shared outage evicts nobody. */
export function findCommonKeys(stamps: readonly ClassedStamp[]): Set<string> {
  const heard = stamps.filter((stamp) => isLive(stamp) && stamp.isHeard);
  const [first, ...others] = heard.map(sharedKeys);
  return new Set((first ?? []).filter((key) => others.every((keys) => keys.includes(key))));
}

/** The stamps judged by what is not common to all. */
function withoutCommon(stamps: readonly ClassedStamp[]): ClassedStamp[] {
  const common = findCommonKeys(stamps);
  return stamps.map((stamp) => ({
    ...stamp,
    reasons: stamp.reasons.filter(({ key }) => !common.has(key)),
  }));
}

/** Attribution before action (health.md 3.4, rule 2): what separates bad from good among the stamps that can be reached. */
export function attributeCause(stamps: readonly ClassedStamp[]): ShareCause {
  const live = stamps.filter(isLive);
  const bad = live.filter(isBad);
  if (live.length === 0) {
    const hard = stamps.filter((stamp) => classOf(stamp) === 'hard');
    return toCause(hard.length > 0 ? 'all-bad' : 'none', hard);
  }
  if (bad.length === 0) return toCause('none', []);
  const rest = withoutCommon(live);
  if (rest.some(isBad)) return separate(rest, rest.filter(isBad));
  const common = badKeys(bad[0]).filter((key) => findCommonKeys(live).has(key));
  return toCause('shared', bad, { dependencies: common.map(toName) });
}

function separate(live: readonly ClassedStamp[], bad: readonly ClassedStamp[]): ShareCause {
  if (bad.length === live.length) return toCause('all-bad', bad);
  const [first, second] = bad;
  if (first === undefined || second === undefined) return toCause('stamp', bad);
  const { release, region } = first;
  // One without traffic has no fault that only users see; it does not speak for its release.
  const told = live.filter((stamp) => !stamp.isIdle || bad.includes(stamp) || stamp.release !== release);
  if (isExactly(bad, told, (stamp) => stamp.release === release)) return toCause('release', bad, { release });
  if (isExactly(bad, live, (stamp) => stamp.region === region)) return toCause('region', bad, { region });
  const dependencies = badKeys(first).filter((key) => bad.every((stamp) => badKeys(stamp).includes(key)));
  if (dependencies.length === 0) return toCause('independent', bad);
  return toCause('differential', bad, { dependencies: dependencies.map(toName) });
}

function isBad(stamp: ClassedStamp): boolean {
  return classOf(stamp) === 'soft';
}

/** Whether the bad ones are all of a group, and nobody else. */
function isExactly(
  bad: readonly ClassedStamp[],
  live: readonly ClassedStamp[],
  isInGroup: (stamp: ClassedStamp) => boolean,
): boolean {
  return live.every((stamp) => isInGroup(stamp) === bad.includes(stamp));
}

function sharedKeys({ reasons }: ClassedStamp): string[] {
  return reasons.map(({ key }) => key).filter(isSharedKey);
}

/** Of shared things, those that make the stamp bad and not only degraded. */
function badKeys(stamp: ClassedStamp | undefined): string[] {
  const bad = stamp?.reasons.filter(({ level }) => level === 'soft') ?? [];
  return bad.map(({ key }) => key).filter(isSharedKey);
}

/** `dependency:database` -> `database`. */
function toName(key: string): string {
  return key.slice(key.indexOf(':') + 1);
}

function toCause(
  kind: ShareCause['kind'],
  bad: readonly ClassedStamp[],
  details: Partial<Pick<ShareCause, 'release' | 'region' | 'dependencies'>> = {},
): ShareCause {
  return { kind, stamps: bad.map(({ id }) => id), dependencies: [], ...details };
}
