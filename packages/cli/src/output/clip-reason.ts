const lengthMax = 160;

/** The beginning of a reason, which is what counts: it may go on to list everything that is bad below. */
export function clipReason(reason: string): string {
  return reason.length <= lengthMax ? reason : `${reason.slice(0, lengthMax - 1)}…`;
}
