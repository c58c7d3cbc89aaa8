import type { GateCheck } from '@alwayson/protocol/releases.ts';
import type { GateQueue, QueueLook } from './gate-evidence.ts';
import { toCount, toSeconds } from './gate-words.ts';

const oldestMsMax = 5000;
/** Of what it was when the rollout began. */
const growthMin = 2;
/** Looks in a row, each older and at least as deep as the one before: it will not end by itself. */
const steadyLooks = 5;
const steadyMsMin = 2000;

/** Whether writes wait since the candidate came. When everybody is in trouble they wait for that, not for the candidate. */
export function judgeQueue({ region, before, looks }: GateQueue, isSharedTrouble: boolean): GateCheck {
  const name = 'queue';
  const last = looks.at(-1) ?? before;
  const limitMs = growthMin * before.oldestAgeMs;
  const isOld = ({ oldestAgeMs }: QueueLook) => oldestAgeMs > Math.max(oldestMsMax, limitMs);
  const isStuck = looks.length >= 2 && looks.slice(-2).every(isOld);
  const isGrowing = isSteady(looks.slice(-steadyLooks)) && last.oldestAgeMs > Math.max(steadyMsMin, limitMs);
  const depth = last.depth === null ? '' : `, ${toCount(last.depth)} wait`;
  const words = `${region}: the oldest write waits ${toSeconds(last.oldestAgeMs)}${depth}, beside ${toSeconds(before.oldestAgeMs)} before`;
  if (!isStuck && !isGrowing) return { name, verdict: 'pass', text: words };
  const text = isStuck ? words : `${words}, and it grows steadily`;
  if (!isSharedTrouble) return { name, verdict: 'fail', text };
  return { name, verdict: 'not-enough-data', text: `${text}; everybody is in trouble now` };
}

function isSteady(looks: readonly QueueLook[]): boolean {
  return (
    looks.length === steadyLooks &&
    looks.every((look, index) => {
      const before = looks[index - 1];
      if (before === undefined) return true;
      return look.oldestAgeMs > before.oldestAgeMs && (look.depth ?? 0) >= (before.depth ?? 0);
    })
  );
}
