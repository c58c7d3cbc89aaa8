import { type Authority, settleMove } from '@alwayson/core/recovery/authority.ts';
import type {
  DataFolder,
  MemberAnswer,
  MemberObservation,
} from '@alwayson/core/database/database-observation.ts';

/** What a member's host holds of the record: how the member starts, and what it waits for once reloaded. */
interface AppliedRole {
  version: number;
  source: string | null;
  waitFor: string | null;
}

export interface Member {
  id: string;
  region: string;
  zone: string;
  isZoneUp: boolean;
  isUp: boolean;
  isFrozen: boolean;
  isPrimary: boolean;
  applied: AppliedRole | null;
  /** Null before there is any data. `timelines`: where each began, as a length of the log. */
  data: { log: readonly number[]; timelines: readonly number[]; lastRan: 'primary' | 'standby' } | null;
  slots: readonly string[];
  view: { answer: MemberAnswer | null; sql: MemberObservation['sql']; silences: number; at: number };
  known: DataFolder;
  link: { attached: boolean; misses: number; since: number };
  tries: { starts: number; rejoins: number };
}

export function createMember(zone: string): Member {
  return {
    id: `pg-${zone}`,
    region: zone.slice(0, 4),
    zone,
    isZoneUp: true,
    isUp: false,
    isFrozen: false,
    isPrimary: false,
    applied: null,
    data: null,
    slots: [],
    view: { answer: null, sql: 'unknown', silences: 0, at: 0 },
    known: { kind: 'unknown' },
    link: { attached: false, misses: 0, since: 0 },
    tries: { starts: 0, rejoins: 0 },
  };
}

export function inspect({ data }: Member): DataFolder {
  return data === null ? { kind: 'absent' } : { kind: data.lastRan, timeline: data.timelines.length };
}

type Data = NonNullable<Member['data']>;

/** Every write is where the other has it, and no timeline began before the end of what is held. */
export function isBeginning(held: Data, whole: Data): boolean {
  const isPrefix = held.log.every((write, index) => whole.log[index] === write);
  const sameTimelines = held.timelines.every((from, index) => whole.timelines[index] === from);
  const next = whole.timelines[held.timelines.length];
  return isPrefix && sameTimelines && (next === undefined || next >= held.log.length);
}

/** The epoch is open when its writer is seen to write. */
export function settleIfOpen(authority: Authority, epoch: number, { view }: Member): Authority {
  const isOpen = authority.epoch === epoch && view.answer !== null && !view.answer.inRecovery;
  return isOpen ? (settleMove(authority) ?? authority) : authority;
}
