import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';
import { type FlowProberOptions, startFlowProber } from './flow-prober.ts';
import { watchGatewayStamps } from './gateway-stamps.ts';
import { startStampProber } from './stamp-prober.ts';
import { startWriteProber } from './write-prober.ts';

/** Everything that asks from outside. None of it counts as a user's request. */
export interface Probers {
  results(): Required<Pick<Observation, 'probes' | 'writeProbes' | 'stampProbes'>>;
  close(): void;
}

export interface ProbersOptions {
  environment: Environment;
  manifest: Manifest;
  /** The own region's gateway, and its agent. */
  gateway: { url: string; agentUrl: string };
  /** Of the probes through the front door. */
  onResult: FlowProberOptions['onResult'];
}

export function startProbers({ environment, manifest, gateway, onResult }: ProbersOptions): Probers {
  const { flows } = manifest;
  const { probe: probeToken, agents, apiKeys } = environment.tokens;
  const frontDoor = environment.frontDoor.url;
  const reads = startFlowProber({ frontDoor, flows, probeToken, onResult });
  const writes = startWriteProber({ frontDoor, flows, probeToken, apiKey: apiKeys[0] ?? '', onResult });
  const stamps = watchGatewayStamps({ agentUrl: gateway.agentUrl, token: agents });
  const perStamp = startStampProber({
    gateway: gateway.url,
    frontDoor,
    flows,
    stamps: stamps.list,
    probeToken,
  });
  return {
    results: () => ({
      probes: reads.results(),
      writeProbes: writes.results(),
      stampProbes: perStamp.results(),
    }),
    close() {
      for (const part of [reads, writes, stamps, perStamp]) part.close();
    },
  };
}
