import { randomUUID } from 'node:crypto';
import { probeEveryMs, testDataHeader } from '@alwayson/protocol/observation.ts';
import type { FlowProber, FlowProberOptions } from './flow-prober.ts';
import { sendProbe } from './probe-request.ts';
import { createProbeResults } from './probe-results.ts';
import { startProbeRounds } from './probe-rounds.ts';

const timeoutMs = 8000;

/**
 * Writes through the front door now and then for every flow that declares how. Marked as test data, so that no user sees it, with a
 * key, and with an `Idempotency-Key`, so that the gateway may try another stamp as it may for a careful client.
 */
export function startWriteProber(options: FlowProberOptions & { apiKey: string }): FlowProber {
  const { frontDoor, flows, probeToken, apiKey, onResult } = options;
  const results = createProbeResults();
  const targets = flows.flatMap(({ name, probe }) =>
    probe?.write === undefined ? [] : [{ key: name, write: probe.write }],
  );
  const rounds = startProbeRounds({
    list: () => targets,
    intervalMs: probeEveryMs.write,
    async probe({ key, write }) {
      const startedAtMs = Date.now();
      const id = randomUUID();
      const body = write.body === undefined ? '' : fill(JSON.stringify(write.body), id);
      const answer = await sendProbe({
        url: new URL(fill(write.path, id), frontDoor),
        method: write.method,
        headers: {
          'x-api-key': apiKey,
          [testDataHeader]: 'true',
          'idempotency-key': id,
          ...(body === '' ? {} : { 'content-type': 'application/json' }),
          'content-length': String(Buffer.byteLength(body)),
        },
        body,
        probeToken,
        timeoutMs,
      });
      results.add(key, key, { startedAtMs, answer });
      onResult({ flow: key, ok: answer.ok, atMs: startedAtMs });
      return answer.ok;
    },
  });
  return { results: results.list, close: rounds.close };
}

function fill(text: string, id: string): string {
  return text.replaceAll('{uuid}', id);
}
