import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Placement } from '../placement/placement.ts';
import type { MemberPlan } from './database-plan.ts';

const askDeadlineMs = 3000;
const goneDeadlineMs = 3000;
const pollMs = 20;

/**
 * Makes sure that no process of this member runs, and returns only then. Its host kills and reaps it; when the host is
 * gone, nobody listening is the proof; when a host is there and answers nothing, the witness ends the whole zone and
 * starts its host again. Throws AON_DATABASE when nothing proves it.
 */
export async function fenceMember(placement: Placement, member: MemberPlan): Promise<void> {
  const { contact } = placement.observe(member.zone);
  const isAskable = contact === 'connected' || contact === 'unknown';
  if (isAskable && (await killAndReap(placement, member))) return;
  if (await isPortRefused(member)) return;
  await placement.outageZone(member.zone);
  const giveUpAt = performance.now() + goneDeadlineMs;
  while (!(await isPortRefused(member))) {
    if (performance.now() > giveUpAt) {
      throw new AlwaysOnError('AON_DATABASE', `${member.id} could not be stopped: its port still answers.`);
    }
    await sleep(pollMs);
  }
  await placement.startZone(member.zone);
}

async function killAndReap(placement: Placement, member: MemberPlan): Promise<boolean> {
  const waited = new AbortController();
  const reap = async () => {
    // A frozen process does not follow a request to stop. One that was stopped before has no process: then the request alone is the proof.
    if (!isStopped(placement, member)) await placement.act(member.zone, member.id, 'kill');
    await placement.act(member.zone, member.id, 'stop');
    return true;
  };
  const reaped = await Promise.race([
    reap().catch(() => false),
    sleep(askDeadlineMs, false, { signal: waited.signal }).catch(() => false),
  ]);
  waited.abort();
  return reaped;
}

function isStopped(placement: Placement, { zone, id }: MemberPlan): boolean {
  return placement.observe(zone).host?.units.find((unit) => unit.id === id)?.state === 'stopped';
}

function isPortRefused({ address, port }: MemberPlan): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.setTimeout(500, () => socket.destroy());
    socket.once('connect', () => socket.destroy());
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
    socket.once('close', () => resolve(false));
  });
}
