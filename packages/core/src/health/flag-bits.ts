import { type HealthFlag, healthFlags } from '@alwayson/protocol/health.ts';

/** Flags as bits, by position in `healthFlags`. */
export function toFlagBits(flags: readonly HealthFlag[]): number {
  return flags.reduce((bits, flag) => bits | (1 << healthFlags.indexOf(flag)), 0);
}

export function fromFlagBits(bits: number): HealthFlag[] {
  return healthFlags.filter((_, position) => (bits & (1 << position)) !== 0);
}

export const flappingFlag = toFlagBits(['flapping']);
/** Takes no traffic, on purpose: capacity that is not there. */
export const absentFlags = toFlagBits(['starting', 'draining', 'maintenance', 'aside']);
/** Nobody above is to be blamed for these. */
export const excusedFlags = toFlagBits(['draining', 'maintenance', 'aside']);
