import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { type ProbeResult, probeEveryMs } from '@alwayson/protocol/observation.ts';
import { sendProbe } from './probe-request.ts';
import { createProbeResults } from './probe-results.ts';
import { startProbeRounds } from './probe-rounds.ts';

export interface FlowProberOptions {
  /** The public address, such as http://localhost:8080. */
  frontDoor: string;
  flows: Manifest['flows'];
  probeToken: string;
  onResult: (probe: { flow: string; ok: boolean; atMs: number }) => void;
}

export interface FlowProber {
  /** The last result of every flow that was probed. */
  results(): ProbeResult[];
  close(): void;
}

const timeoutMs = 4000;

/**
 * Asks the front door for every flow again and again, as a user would: a new connection each time, so that it sees a gateway that is
 * gone, and all of the body.
 */
export function startFlowProber({ frontDoor, flows, probeToken, onResult }: FlowProberOptions): FlowProber {
  const results = createProbeResults();
  const targets = flows.flatMap(({ name, probe }) =>
    probe?.path === undefined ? [] : [{ key: name, url: new URL(probe.path, frontDoor) }],
  );
  const rounds = startProbeRounds({
    list: () => targets,
    intervalMs: probeEveryMs.flow,
    async probe({ key, url }) {
      const startedAtMs = Date.now();
      const answer = await sendProbe({ url, probeToken, timeoutMs });
      results.add(key, key, { startedAtMs, answer });
      onResult({ flow: key, ok: answer.ok, atMs: startedAtMs });
      return answer.ok;
    },
  });
  return { results: results.list, close: rounds.close };
}
