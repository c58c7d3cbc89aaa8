import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Placement } from '../placement/placement.ts';
import type { MemberPlan } from './database-plan.ts';

const askDeadlineMs = 3000;
const knockMs = 500;

/**
 * Makes sure that no process of this member runs, and returns only then. Its host kills and reaps it; when the host is
 * gone, nobody listening is the proof; when a host is there and answers nothing, or cannot be reached, the witness ends the whole zone
 * and starts its host again, which starts no server by itself. Throws AON_TIMEOUT when something of the zone does not end, AON_DATABASE
 * when the server answers all the same.
 */
export async function fenceMember(placement: Placement, member: MemberPlan): Promise<void> {
  const { contact } = placement.observe(member.zone);
  const isAskable = contact === 'connected' || contact === 'unknown';
  if (isAskable && (await killAndReap(placement, member))) return;
  if ((await knock(member)) === 'refused') return;
  // Answered only when nothing of the zone is left: a proof that needs no way to it, for there may be none.
  await placement.outageZone(member.zone);
  if ((await knock(member)) === 'open')
    throw new AlwaysOnError('AON_DATABASE', `${member.id} could not be stopped: its port still answers.`);
  await placement.startZone(member.zone);
}

async function killAndReap(placement: Placement, member: MemberPlan): Promise<boolean> {
  const waited = new AbortController();
  const reap = async () => {
    // A frozen process does not follow a request to stop. One whose process has ended has only to be kept from starting again.
    if (!hasEnded(placement, member)) await placement.act(member.zone, member.id, 'kill');
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

function hasEnded(placement: Placement, { zone, id }: MemberPlan): boolean {
  const state = placement.observe(zone).host?.units.find((unit) => unit.id === id)?.state;
  return state === 'stopped' || state === 'exited';
}

function knock({ address, port }: MemberPlan): Promise<'open' | 'refused' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: 'open' | 'refused' | 'silent') => {
      resolve(answer);
      socket.destroy();
    };
    socket.setTimeout(knockMs, () => end('silent'));
    socket.once('connect', () => end('open'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  });
}
