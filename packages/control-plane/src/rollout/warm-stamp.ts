import { Agent } from 'node:http';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { askGateway, askPatiently } from './ask-gateway.ts';
import { inLanes } from './in-lanes.ts';
import { listLivingGateways, type Places } from './living-places.ts';
import type { StampOfRelease } from './smoke-stamp.ts';

export interface WarmResult {
  stamp: string;
  /** Requests that were answered, well or not. */
  answered: number;
  /** Safe paths that were asked. */
  paths: number;
}

/** Of every path: enough for the code to be compiled and pools to be filled. */
const timesEach = 20;
const boundMs = 5000;
const lanes = 4;

/**
 * Makes a stamp's first requests, so that no user does: what the manifest says to prefetch, and what flows are probed with. Through the
 * gateway of its region, or another that is there. Whether it answers well is the smoke test's business; throws only what the signal says.
 */
export async function warmStamp(
  places: Places,
  { stamp, manifest }: StampOfRelease,
  signal: AbortSignal,
): Promise<WarmResult> {
  const { environment } = places;
  const gateways = listLivingGateways(places);
  const url = (gateways.find(({ region }) => region === stamp.region) ?? gateways[0])?.url;
  const paths = listPaths(manifest);
  const [first] = paths;
  if (url === undefined || first === undefined) return { stamp: stamp.id, answered: 0, paths: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(boundMs)]);
  let answered = 0;
  const ask = async (path: string) => {
    try {
      await askGateway(environment, { url, path, stamp: stamp.id, agent }, bounded);
      answered += 1;
    } catch {
      signal.throwIfAborted();
    }
  };
  try {
    // The gateway may not know it yet: then all the others would be in vain.
    await askPatiently(
      environment,
      { url, path: first, stamp: stamp.id },
      { timeoutMs: boundMs, signal: bounded },
    );
    // In turn, so that each was asked when the time is over.
    const all = Array.from({ length: timesEach }, () => paths).flat();
    await inLanes(all, lanes, (path) => (bounded.aborted ? Promise.resolve() : ask(path)));
  } catch {
    signal.throwIfAborted();
  } finally {
    agent.destroy();
  }
  return { stamp: stamp.id, answered, paths: paths.length };
}

function listPaths({ release, flows }: Manifest): string[] {
  const probed = flows.flatMap(({ probe }) => (probe?.path === undefined ? [] : [probe.path]));
  return [...new Set([...release.prefetch, ...probed])];
}
