import type { Observation } from '@alwayson/protocol/observation.ts';

/** Part of the gateway's log that arrived between two looks at an observer, 0..1; null when there is nothing to compare with. */
export function toCoverage(before: Observation | undefined, after: Observation): number | null {
  if (before === undefined || before.countersSince !== after.countersSince) return null;
  const lost = after.linesLost - before.linesLost;
  const arrived = countLines(after) - countLines(before);
  if (lost < 0 || arrived < 0) return null;
  return lost === 0 ? 1 : arrived / (arrived + lost);
}

function countLines({ flows }: Observation): number {
  return flows.reduce((sum, { good, bad, clientErrors }) => sum + good + bad + clientErrors, 0);
}
