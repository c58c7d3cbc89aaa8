/**
 * Which region may write: the register that everything which could write holds a copy of. Its change from one region to another is the
 * point of no return of every switch: before it all goes back, after it only forward. Plain JSON.
 */
export interface Authority {
  /** The fencing token. It only goes up, by one for each change of region. */
  epoch: number;
  writerRegion: string;
  /** The server that was chosen to write when this epoch began; null in the first one. Inside the region, zones take over without asking. */
  writer: string | null;
  /**
   * `steady`: the region writes. `holding`: writes are held, and the writer may be down on purpose: nobody takes over from it. `opening`:
   * the epoch has moved and the new writer is not writable yet.
   */
  phase: 'steady' | 'holding' | 'opening';
  /** Who holds or moved it last. */
  operation: string | null;
  /** Only of `holding`, Unix ms: then the hold ends by itself. */
  leaseUntil: number | null;
}

export function createAuthority(firstRegion: string): Authority {
  return {
    epoch: 1,
    writerRegion: firstRegion,
    writer: null,
    phase: 'steady',
    operation: null,
    leaseUntil: null,
  };
}

/** Null when somebody else is at it. */
export function beginHold(before: Authority, operation: string, leaseUntil: number): Authority | null {
  return before.phase === 'steady' ? { ...before, phase: 'holding', operation, leaseUntil } : null;
}

/** The way back: writes go on where they were. Null when there is nothing to go back from. */
export function endHold(before: Authority): Authority | null {
  return before.phase === 'holding' ? { ...before, phase: 'steady', leaseUntil: null } : null;
}

/** The point of no return. Null when the hold is not this operation's any more: then somebody may have written meanwhile. */
export function moveWriter(
  before: Authority,
  operation: string,
  to: { region: string; writer: string },
): Authority | null {
  const isOurs = before.phase === 'holding' && before.operation === operation;
  return isOurs ? declareWriter(before, operation, to) : null;
}

/** People have said that the writer's region is lost: nothing is waited for. What it had not passed on yet is lost with it. */
export function declareWriter(
  before: Authority,
  operation: string,
  to: { region: string; writer: string },
): Authority {
  return {
    epoch: before.epoch + 1,
    writerRegion: to.region,
    writer: to.writer,
    phase: 'opening',
    operation,
    leaseUntil: null,
  };
}

/** The writer of the epoch writes. */
export function settleMove(before: Authority): Authority | null {
  return before.phase === 'opening' ? { ...before, phase: 'steady' } : null;
}

export function isHoldOver({ phase, leaseUntil }: Authority, now: number): boolean {
  return phase === 'holding' && now >= (leaseUntil ?? 0);
}
