import { KeptHttp } from '@alwayson/engines/http/kept-http.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { probeEveryMs, type StampProbeResult, stampProbeHeader } from '@alwayson/protocol/observation.ts';
import { type ProbeAnswer, toFailure, toProbeAnswer, toProbeHeaders } from './probe-request.ts';
import { createProbeResults } from './probe-results.ts';
import { startProbeRounds } from './probe-rounds.ts';

export interface StampProberOptions {
  /** The own region's gateway. */
  gateway: string;
  /** Asked instead when nobody listens there. */
  frontDoor: string;
  flows: Manifest['flows'];
  stamps: () => readonly string[];
  probeToken: string;
}

export interface StampProber {
  /** The last results of the stamps that there are. */
  results(): StampProbeResult[];
  close(): void;
}

interface Target {
  key: string;
  flow: string;
  path: string;
  stamp: string;
}

const timeoutMs = 3000;

/**
 * Reads every high-criticality user flow at every stamp, through the gateway: one stamp that fails does not hide. Over kept
 * connections, which cost a third; what they cannot see, the flow prober does.
 */
export function startStampProber(options: StampProberOptions): StampProber {
  const { gateway, frontDoor, flows, stamps, probeToken } = options;
  const results = createProbeResults();
  const reads = flows.flatMap(({ name, kind, criticality, probe }) =>
    kind === 'user' && criticality === 'high' && probe?.path !== undefined
      ? [{ flow: name, path: probe.path }]
      : [],
  );
  // Flow by flow, so that the same stamp is not asked twice in a row.
  const list = (): Target[] =>
    reads.flatMap((read) => stamps().map((stamp) => ({ ...read, stamp, key: `${stamp} ${read.flow}` })));
  const doors = [createDoor(gateway, probeToken), createDoor(frontDoor, probeToken)] as const;
  const rounds = startProbeRounds({
    list,
    intervalMs: probeEveryMs.stamp,
    async probe(target) {
      const startedAtMs = Date.now();
      const own = await doors[0].ask(target);
      const answer = own === 'refused' ? await doors[1].ask(target) : own;
      results.add(target.key, target.flow, {
        startedAtMs,
        answer: answer === 'refused' ? { ok: false, status: null, reason: 'no gateway listens' } : answer,
      });
      for (const door of doors) door.keepOnly(list());
      return answer !== 'refused' && answer.ok;
    },
  });
  return {
    results: () =>
      list().flatMap(({ key, stamp }) => {
        const result = results.get(key);
        return result === undefined ? [] : [{ ...result, stamp }];
      }),
    close() {
      rounds.close();
      for (const door of doors) door.keepOnly([]);
    },
  };
}

interface Door {
  ask(target: Target): Promise<ProbeAnswer | 'refused'>;
  /** Closes the connections of all others. */
  keepOnly(targets: readonly Target[]): void;
}

/** A connection for each target, since each has a question of its own. */
function createDoor(url: string, probeToken: string): Door {
  const { hostname, port } = new URL(url);
  const connections = new Map<string, KeptHttp>();
  const connectionOf = ({ key, path, stamp }: Target): KeptHttp => {
    const known = connections.get(key);
    if (known !== undefined) return known;
    const headers = { ...toProbeHeaders(probeToken), [stampProbeHeader]: stamp };
    const host = hostname.replace(/^\[|\]$/g, '');
    const connection = new KeptHttp({ host, port: Number(port || 80), path, headers, timeoutMs });
    connections.set(key, connection);
    return connection;
  };
  return {
    async ask(target) {
      try {
        return toProbeAnswer((await connectionOf(target).ask()).status);
      } catch (error) {
        const isRefused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
        return isRefused ? 'refused' : toFailure(error);
      }
    },
    keepOnly(targets) {
      for (const [key, connection] of connections) {
        if (targets.some((target) => target.key === key)) continue;
        connections.delete(key);
        connection.close();
      }
    },
  };
}
