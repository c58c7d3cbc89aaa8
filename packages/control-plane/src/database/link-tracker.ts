import type { MemberAnswer, MemberObservation } from '@alwayson/core/database/database-observation.ts';

type Link = MemberObservation['link'];

/** A standby confirms at least once a second; one that did not for this long is frozen or cut off. */
const replyAgeMaxMs = 2500;
/** After a silence of the writer, its standbys get the time anew to come back to it. */
const silenceMs = 3000;

interface Seen {
  attached: boolean;
  misses: number;
  since: number;
}

/** Follows how the writer sees the other members, from answer to answer. */
export function createLinkTracker() {
  const seen = new Map<string, Seen>();
  let term = -1;
  let answeredAt = Number.NEGATIVE_INFINITY;

  return {
    /** To be called with every answer of the writer of that term. */
    note(writerTerm: number, answer: MemberAnswer, others: readonly string[]): void {
      if (writerTerm !== term || performance.now() - answeredAt > silenceMs) seen.clear();
      term = writerTerm;
      answeredAt = performance.now();
      for (const id of others) {
        const replica = answer.replicas[id];
        const attached = replica?.streaming === true && replica.replyAgeMs < replyAgeMaxMs;
        const before = seen.get(id);
        const isSame = before?.attached === attached;
        seen.set(id, {
          attached,
          misses: attached ? 0 : (before?.misses ?? 0) + 1,
          since: isSame ? before.since : performance.now(),
        });
      }
    },
    link(writerTerm: number, id: string): Link {
      const link = writerTerm === term ? seen.get(id) : undefined;
      if (link === undefined) return { attached: false, misses: 0, forMs: 0 };
      return { attached: link.attached, misses: link.misses, forMs: performance.now() - link.since };
    },
  };
}

export type LinkTracker = ReturnType<typeof createLinkTracker>;
