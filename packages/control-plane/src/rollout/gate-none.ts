import type { Status } from '@alwayson/protocol/status.ts';
import type { RolloutGate } from './rollout-tools.ts';
export interface GateWatchContext {
  queue: { status(): Status['queues'] };
  shares: { report(): unknown };
}
export function createGateWatch(_context: GateWatchContext): RolloutGate {
  return {
    look: (memory) => ({ memory, gate: { verdict: 'pass', synthetic: 0, checks: [] }, blindMs: 0 }),
    close: async () => {},
  };
}
