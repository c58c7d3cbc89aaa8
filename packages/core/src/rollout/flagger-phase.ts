import type { RolloutState } from './rollout-state.ts';

/** Flagger's words for where a release stands, as its webhooks get them. */
export type FlaggerPhase =
  | 'Initializing'
  | 'Progressing'
  | 'Promoting'
  | 'Finalising'
  | 'Succeeded'
  | 'Failed';

export function toFlaggerPhase({ phase, undoing, end }: RolloutState): FlaggerPhase {
  if (end !== null) return end.state === 'succeeded' ? 'Succeeded' : 'Failed';
  if (undoing !== null) return 'Failed';
  switch (phase) {
    case 'prepare':
    case 'migrate':
    case 'place':
    case 'warm':
      return 'Initializing';
    case 'smoke':
    case 'shift':
    case 'bake':
      return 'Progressing';
    case 'settle':
    case 'contract':
      return 'Promoting';
    case 'drain':
    case 'remove':
      return 'Finalising';
    case 'revert':
    case 'withdraw':
      return 'Failed';
  }
}
