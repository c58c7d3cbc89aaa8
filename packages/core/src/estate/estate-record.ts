import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { toShortRelease } from './stamp-id.ts';

/** A stamp that should run, of whichever release. */
export interface StandingStamp {
  /** Digest. */
  release: string;
  zone: string;
  /** 0 for the first of its release in the zone. */
  ordinal: number;
  /** Its block of ports in the zone. */
  slot: number;
}

/** What should run: plain JSON, the record `estate`. */
export interface EstateRecord {
  /** Digest of the release that serves; empty before the first. */
  live: string;
  /** The `up` that the environment runs by. */
  intent: string;
  /** True once everything was ready after that `up`. */
  broughtUp: boolean;
  stamps: readonly StandingStamp[];
  /** Stamps per zone of the live release, and so of one that is to follow it. 1 for a zone without an entry. */
  wanted: Readonly<Record<string, number>>;
}

export const firstEstate: EstateRecord = { live: '', intent: '', broughtUp: false, stamps: [], wanted: {} };

/** Blocks of ports in a zone. All of them stay clear of `zonePorts` and of the ports that systems give out for a while. */
export const slotsMax = 64;
/** Stamps of one release in a zone: what a manifest may ask for. */
export const stampsPerZoneMax = 8;

/** How many stamps of the live release a zone is to have. */
export function wantedIn(record: EstateRecord, zone: string): number {
  return record.wanted[zone] ?? 1;
}

/** Why a release cannot stand beside those that do; null when it can. */
export function whyNotAdd(record: EstateRecord, release: string): string | null {
  const namesake = record.stamps.find(
    (stamp) => stamp.release !== release && toShortRelease(stamp.release) === toShortRelease(release),
  );
  if (namesake === undefined) return null;
  return `Releases ${release.slice(0, 12)} and ${namesake.release.slice(0, 12)} begin alike, and their stamps would have the same names.`;
}

/**
 * Gives a release as many stamps in each zone as the live one is to have, beside all that stand. What it has already stays as it is.
 * Throws AON_RELEASE_UNSUITABLE when its stamps could not be told from those of another release, or a zone is full.
 */
export function addRelease(record: EstateRecord, release: string, zones: readonly string[]): EstateRecord {
  const fault = whyNotAdd(record, release);
  if (fault !== null) throw new AlwaysOnError('AON_RELEASE_UNSUITABLE', fault);
  const stamps = zones.reduce(
    (all, zone) => addUpTo(all, { release, zone, count: wantedIn(record, zone) }),
    record.stamps,
  );
  return stamps === record.stamps ? record : { ...record, stamps };
}

/** Takes all stamps of a release away. The live one cannot go. */
export function removeRelease(record: EstateRecord, release: string): EstateRecord {
  if (release === record.live) throw new Error(`Release ${release} is live and cannot be removed.`);
  const stamps = record.stamps.filter((stamp) => stamp.release !== release);
  return stamps.length === record.stamps.length ? record : { ...record, stamps };
}

/** Names the release that serves. It has to stand; the one before stays until it is removed. */
export function setLive(record: EstateRecord, release: string): EstateRecord {
  if (!record.stamps.some((stamp) => stamp.release === release))
    throw new Error(`Release ${release} has no stamps and cannot be live.`);
  return release === record.live ? record : { ...record, live: release };
}

/** Makes the live release have so many stamps in a zone: adds what is missing, takes the highest ordinals away. */
export function setCount(record: EstateRecord, zone: string, count: number): EstateRecord {
  const { stamps, ...wanted } = wantCount(record, zone, count);
  return { ...wanted, stamps: stamps.filter((stamp) => !isLeaving(wanted, stamp)) };
}

/** The same, but what is too much goes on standing until `removeStamp`: `isLeaving` tells it, so that it can be emptied first. */
export function wantCount(record: EstateRecord, zone: string, count: number): EstateRecord {
  if (!Number.isInteger(count) || count < 1 || count > stampsPerZoneMax)
    throw new Error(`A zone has 1 to ${stampsPerZoneMax} stamps of a release, not ${count}.`);
  const stamps = addUpTo(record.stamps, { release: record.live, zone, count });
  return { ...record, stamps, wanted: { ...record.wanted, [zone]: count } };
}

/** One of the live release that its zone is not to have any more. */
export function isLeaving({ live, wanted }: Pick<EstateRecord, 'live' | 'wanted'>, stamp: StandingStamp) {
  return stamp.release === live && stamp.ordinal >= (wanted[stamp.zone] ?? 1);
}

/** Takes one stamp away that is leaving. */
export function removeStamp(record: EstateRecord, gone: StandingStamp): EstateRecord {
  if (!isLeaving(record, gone)) throw new Error('Only a stamp that is leaving is removed by itself.');
  const isGone = ({ release, zone, ordinal }: StandingStamp) =>
    release === gone.release && zone === gone.zone && ordinal === gone.ordinal;
  return { ...record, stamps: record.stamps.filter((stamp) => !isGone(stamp)) };
}

/** What stood before keeps its slot. */
function addUpTo(
  stamps: readonly StandingStamp[],
  { release, zone, count }: { release: string; zone: string; count: number },
): readonly StandingStamp[] {
  const missing = Array.from({ length: count }, (_, ordinal) => ordinal).filter(
    (ordinal) => !stamps.some((s) => s.release === release && s.zone === zone && s.ordinal === ordinal),
  );
  return missing.reduce((all, ordinal) => {
    const slot = findSlot(all, { release, zone, ordinal });
    return [...all, { release, zone, ordinal, slot }];
  }, stamps);
}

/**
 * A free block of ports. The search begins where the release's digest says, so that a release that follows one that has just been removed
 * hardly ever meets ports that are still being let go, and one that comes back finds its own.
 */
function findSlot(stamps: readonly StandingStamp[], { release, zone, ordinal }: Omit<StandingStamp, 'slot'>) {
  const used = new Set(stamps.filter((stamp) => stamp.zone === zone).map(({ slot }) => slot));
  const first = Number.parseInt(toShortRelease(release), 16) || 0;
  for (let step = 0; step < slotsMax; step += 1) {
    const slot = (first + ordinal + step) % slotsMax;
    if (!used.has(slot)) return slot;
  }
  const message = `Zone ${zone} has ${slotsMax} stamps already: no room for another of release ${release.slice(0, 12)}.`;
  throw new AlwaysOnError('AON_RELEASE_UNSUITABLE', message);
}
