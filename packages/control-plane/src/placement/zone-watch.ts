import { setTimeout as sleep } from 'node:timers/promises';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import { HostStatus, hostRoutes } from '@alwayson/protocol/units.ts';
import { causeCode, type HostClient } from './host-client.ts';
import type { ZoneObservation } from './placement.ts';

/** A held question is answered after this long even if nothing happened: a frozen host is noticed this much later. */
const waitMs = 5000;
const silentAfterMs = 2000;
const backoffMs = { first: 100, most: 1000 };
/** A connection that breaks is tried again at once this often: whether the host is gone, the next attempt knows for sure. */
const resetsMax = 3;

export interface ZoneWatch {
  observation(): ZoneObservation;
  /** Aborted when the host of this moment is lost: what still waits for its answer need not. */
  lost(): AbortSignal;
  close(): Promise<void>;
}

/** Follows one host with a long poll and keeps its last answer in memory. `onChange` is called at each news. */
export function watchZone(zone: string, client: HostClient, onChange: () => void): ZoneWatch {
  const closing = new AbortController();
  let lost = new AbortController();
  let seen: ZoneObservation = { zone, contact: 'unknown', since: new Date().toISOString(), host: null };

  const note = (contact: ZoneObservation['contact'], host = seen.host) => {
    const isNews = contact !== seen.contact || host?.version !== seen.host?.version;
    const since = contact === seen.contact ? seen.since : new Date().toISOString();
    seen = { zone, contact, since, host };
    if (!isNews) return;
    if (contact !== 'connected') {
      lost.abort();
      lost = new AbortController(); // what is asked from now on may meet its successor
    }
    onChange();
  };

  const ask = async () => {
    const after = seen.contact === 'connected' ? seen.host?.version : undefined;
    const query = after === undefined ? '' : `?after=${after}&waitMs=${waitMs}`;
    const timeoutMs = silentAfterMs + (after === undefined ? 0 : waitMs);
    const path = `${hostRoutes.host}${query}`;
    const text = await client.send({ method: 'GET', path, timeoutMs, signal: closing.signal });
    note('connected', HostStatus.parse(JSON.parse(text)));
  };

  const run = async () => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        await ask();
        failures = 0;
      } catch (error) {
        if (closing.signal.aborted) return;
        failures += 1;
        const contact = toContact(error);
        if (contact === undefined && failures <= resetsMax) continue;
        note(contact ?? 'refused');
        await sleep(jittered(failures), undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  };
  const ended = run();
  return {
    observation: () => seen,
    lost: () => lost.signal,
    async close() {
      closing.abort();
      await ended;
    },
  };
}

/** What a failed question tells about the host; undefined: the connection broke, so ask again. */
function toContact(error: unknown): 'refused' | 'silent' | 'unknown' | undefined {
  const code = causeCode(error);
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return isAlwaysOnError(error) && error.code === 'AON_UNREACHABLE' ? 'silent' : 'unknown';
}

function jittered(failures: number): number {
  const delayMs = Math.min(backoffMs.first * 2 ** (failures - 1), backoffMs.most);
  return delayMs * (1 - Math.random() / 2);
}
