import type { LossEstimate, RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import type { SwitchFacts, SwitchReadiness } from './check-switch.ts';

/** A server of the region that is to write, as it answered just now. Times are Unix ms. */
export interface SurvivorFacts {
  id: string;
  /** Where the log ends that it has received: the more, the more advanced. */
  receivedBytes: number;
  /** Of its last commit; null when there was none. */
  committedAt: number | null;
  /** Behind the writer when that answered last, and when that was; null when not known. */
  lagBytes: number | null;
  writerSeenAt: number | null;
}

export interface EmergencyFacts extends Pick<SwitchFacts, 'region' | 'regions' | 'members' | 'running'> {
  survivors: readonly SurvivorFacts[];
  /** Writes that wait in the queue of the writer's region; null when not known. */
  queuedEntries: number | null;
}

export interface EmergencyReadiness extends SwitchReadiness {
  loss: LossEstimate;
}

/** What has to be so before a region is declared lost, and what that would cost (recovery.md 2.4, E0). It changes nothing. */
export function checkEmergency(facts: EmergencyFacts): EmergencyReadiness {
  // Of those that are as far as each other, the first.
  const [best] = facts.survivors.toSorted((a, b) => b.receivedBytes - a.receivedBytes);
  const checks = [checkRegion(facts), checkWriterLost(facts), checkSurvivor(facts, best), checkOthers(facts)];
  return {
    candidate: best?.id ?? null,
    checks,
    isReady: best !== undefined && checks.every(({ state }) => state !== 'fail'),
    loss: estimateLoss(best, facts.queuedEntries),
  };
}

function estimateLoss(best: SurvivorFacts | undefined, queuedEntries: number | null): LossEstimate {
  const { committedAt = null, writerSeenAt = null, lagBytes = null } = best ?? {};
  const isKnown = committedAt !== null && writerSeenAt !== null;
  const seconds = isKnown ? Math.max(0, writerSeenAt - committedAt) / 1000 : null;
  return { seconds, bytes: lagBytes, queuedEntries };
}

function checkRegion({ region, regions, members }: EmergencyFacts): RecoveryCheck {
  const name = 'region';
  if (!regions.includes(region))
    return { name, state: 'fail', detail: `there is no region ${region}: ${regions.join(', ')}` };
  const writer = members.find(({ isWriter }) => isWriter);
  // Its writer may be lost without the copy that would take over.
  const detail =
    writer?.region === region ? `another server of ${region} is to write` : `${region} is to write`;
  return { name, state: 'pass', detail };
}

/** Whoever can write loses nothing by a planned switch. */
function checkWriterLost({ members }: EmergencyFacts): RecoveryCheck {
  const writer = members.find(({ isWriter }) => isWriter);
  const name = 'writer lost';
  if (writer?.isWriting === true)
    return {
      name,
      state: 'fail',
      detail: `${writer.id} takes writes: a planned switch loses nothing (leave --emergency out)`,
    };
  return { name, state: 'pass', detail: `${writer?.id ?? 'nobody'} does not take writes` };
}

function checkSurvivor({ region }: EmergencyFacts, best: SurvivorFacts | undefined): RecoveryCheck {
  const name = 'candidate';
  if (best === undefined)
    return { name, state: 'fail', detail: `no server of ${region} answers as a standby` };
  return { name, state: 'pass', detail: `${best.id} has received most` };
}

/** In an emergency nothing is waited for; whoever decides should know. */
function checkOthers({ running }: EmergencyFacts): RecoveryCheck {
  const detail =
    running.length === 0
      ? 'nothing else changes the estate'
      : `still running: ${running.map(({ id, title }) => `${title} (${id})`).join('; ')}`;
  return { name: 'operations', state: running.length === 0 ? 'pass' : 'warn', detail };
}
