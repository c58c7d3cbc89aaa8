import {
  addRelease,
  type EstateRecord,
  removeRelease,
  setLive,
} from '@alwayson/core/estate/estate-record.ts';
import { liveOf, type RolloutState } from '@alwayson/core/rollout/rollout-state.ts';

/**
 * Which stamps are to stand, and who is live, by the phase: the estate's record follows the rollout's. The same state again changes nothing,
 * so that whoever dies between the two goes on.
 */
export function toEstate(
  record: EstateRecord,
  state: RolloutState,
  { zones, isDrained }: { zones: readonly string[]; isDrained: boolean },
): EstateRecord {
  const { release, from } = state.program;
  const standing = (digest: string) => record.stamps.some((stamp) => stamp.release === digest);
  switch (state.phase) {
    case 'prepare':
    case 'migrate':
      return record;
    case 'place':
    case 'warm':
    case 'smoke':
    case 'shift':
    case 'bake':
    case 'revert':
      return setLive(state.phase === 'revert' ? record : addRelease(record, release, zones), from);
    case 'settle':
    case 'contract':
    case 'drain':
      return setLive(record, release);
    case 'remove':
      return removeRelease(setLive(record, release), from);
    case 'withdraw': {
      const kept = setLive(record, liveOf(state));
      return isDrained && standing(release) ? removeRelease(kept, release) : kept;
    }
  }
}
