import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { type DrillRequest, isAcknowledged } from './count-load.ts';

export interface DrillLoadSource {
  /** Stops sending and waits for what is on its way. */
  stop(): Promise<DrillRequest[]>;
}

interface Shape {
  path: string;
  method: 'GET' | 'POST';
  body?: unknown;
}

const readsPerSecond = 20;
const writesPerSecond = 5;
const timeoutMs = 15_000;
const apiKeyHeader = 'x-api-key';
const lookWithinMs = 30_000;
const lookEveryMs = 500;
const looksAtOnce = 10;

/**
 * Sends what the manifest's flows name as probes to the front door, at a fixed rate whether or not earlier ones were answered, and never
 * again. Writes are not marked as test data: they must be found afterwards.
 */
export function startDrillLoad(environment: Environment, { flows }: Manifest): DrillLoadSource {
  const reads = flows.flatMap(({ probe }): Shape[] =>
    probe?.path === undefined ? [] : [{ path: probe.path, method: 'GET' }],
  );
  const writes = flows.flatMap(({ probe }): Shape[] =>
    probe?.write === undefined ? [] : [{ ...probe.write, method: 'POST' }],
  );
  const pending: Promise<DrillRequest>[] = [];
  const timers = [
    startSending(reads, readsPerSecond, (shape) => pending.push(send(environment, shape))),
    startSending(writes, writesPerSecond, (shape) => pending.push(send(environment, shape))),
  ];
  return {
    stop() {
      for (const timer of timers) clearInterval(timer);
      return Promise.all(pending);
    },
  };
}

function startSending(shapes: readonly Shape[], perSecond: number, take: (shape: Shape) => void) {
  const startedAt = performance.now();
  let sent = 0;
  return setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000);
    for (; sent < due; sent += 1) {
      const shape = shapes[sent % shapes.length];
      if (shape !== undefined) take(shape);
    }
  }, 1000 / perSecond);
}

async function send({ frontDoor, tokens }: Environment, shape: Shape): Promise<DrillRequest> {
  const isWrite = shape.method === 'POST';
  const id = randomUUID();
  const fill = (text: string) => text.replaceAll('{uuid}', id);
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': id,
    [apiKeyHeader]: tokens.apiKeys[0] ?? '',
  };
  const said = { isWrite, location: null };
  try {
    const response = await fetch(new URL(fill(shape.path), frontDoor.url), {
      method: shape.method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(isWrite ? { headers, body: fill(JSON.stringify(shape.body ?? {})) } : {}),
    });
    await response.arrayBuffer();
    const location = response.headers.get('location');
    return { ...said, location, status: response.status, endedAt: Date.now() };
  } catch {
    return { ...said, status: null, endedAt: Date.now() };
  }
}

/** Looks every acknowledged write up where it was said to be, until it is found or the time is over. */
export async function findWrites(
  { frontDoor }: Environment,
  requests: readonly DrillRequest[],
): Promise<Set<string>> {
  const deadline = performance.now() + lookWithinMs;
  const found = new Set<string>();
  const wanted = requests
    .filter(isAcknowledged)
    .flatMap(({ location }) => (location === null ? [] : [location]));
  for (;;) {
    const open = wanted.filter((location) => !found.has(location));
    for (let at = 0; at < open.length; at += looksAtOnce) {
      const some = open.slice(at, at + looksAtOnce);
      const there = await Promise.all(some.map((location) => isThere(new URL(location, frontDoor.url))));
      some.forEach((location, index) => there[index] === true && found.add(location));
    }
    if (found.size === wanted.length || performance.now() >= deadline) return found;
    await delay(lookEveryMs);
  }
}

async function isThere(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
