import type { GateCheck } from '@alwayson/protocol/releases.ts';
import type { GateEvidence } from './gate-evidence.ts';
import { toSeconds } from './gate-words.ts';

/** A stamp that is not ready for so long, beside a ready one of the old release, does not come back by itself. */
const unreadyMsMax = 15_000;

/** Whether the stamps' own trouble is the candidate's. While one is not ready there is no pass. */
export function judgeHealth({ release, cause, unready, units }: GateEvidence): GateCheck {
  const name = 'health';
  const candidates = new Set(units.flatMap(({ side, stamp }) => (side === 'candidate' ? [stamp] : [])));
  const bad = cause?.stamps.filter((stamp) => candidates.has(stamp)) ?? [];
  if (cause?.kind === 'release' && cause.release === release) {
    return { name, verdict: 'fail', text: `what the bad stamps share is the new release: ${bad.join(', ')}` };
  }
  const isOnlyOurs = bad.length >= 2 && bad.length === cause?.stamps.length;
  if (isOnlyOurs && bad.length * 2 > candidates.size && cause?.kind !== 'shared') {
    const text = `${bad.length} of ${candidates.size} stamps of the new release are bad, beside none of the old one`;
    return { name, verdict: 'fail', text };
  }
  const lost = unready.find(({ forMs, isZoneWell }) => isZoneWell && forMs > unreadyMsMax);
  if (lost !== undefined) {
    const text = `${lost.stamp} is not ready for ${toSeconds(lost.forMs)}, beside a ready one of the old release in its zone`;
    return { name, verdict: 'fail', text };
  }
  const troubled = [...new Set([...unready.map(({ stamp }) => stamp), ...bad])];
  if (troubled.length > 0) {
    return { name, verdict: 'not-enough-data', text: `${troubled.join(', ')}: not ready or not well` };
  }
  return { name, verdict: 'pass', text: 'every stamp of the new release is well' };
}
