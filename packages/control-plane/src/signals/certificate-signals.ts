import { once } from 'node:events';
import { connect } from 'node:tls';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Controller, ControllerContext } from '../controller.ts';

/** A little less than a minute; ticks are not exact. */
const everyMs = 59_000;
const timeoutMs = 5000;
const dayMs = 86_400_000;

export interface CertificateAnswer {
  /** When all of them were seen last: one that cannot be asked any more makes all of it old. */
  at: number;
  /** Until the first of them ends; below 0 it has ended. */
  days: number;
}

export interface CertificateSignals extends Controller {
  /** Of all declared certificates; null without one, or as long as one was never seen. */
  certificates(): CertificateAnswer | null;
}

type Endpoint = Manifest['gateway']['certificates'][number];

interface Seen {
  at: number;
  endsAt: number;
}

/** Looks at the certificates that clients are shown where their TLS ends, as a client would: by a handshake, whoever signed them. */
export function createCertificateSignals({
  manifest,
  now,
}: Pick<ControllerContext, 'manifest' | 'now'>): CertificateSignals {
  const endpoints = manifest.gateway.certificates;
  const seen = new Map<Endpoint, Seen>();
  const closing = new AbortController();
  let running = Promise.resolve();
  let nextAt = 0;

  const look = async (endpoint: Endpoint) => {
    const endsAt = await readEnd(endpoint, closing.signal).catch(() => null);
    if (endsAt !== null) seen.set(endpoint, { at: now(), endsAt });
  };

  return {
    name: 'certificate-signals',
    async tick() {
      if (now() < nextAt) return;
      nextAt = now() + everyMs;
      // Nobody waits for the slowest of them.
      running = Promise.all(endpoints.map(look)).then(() => {});
    },
    async close() {
      closing.abort();
      await running;
    },
    certificates() {
      const all = endpoints.map((endpoint) => seen.get(endpoint)).filter((one) => one !== undefined);
      if (all.length === 0 || all.length < endpoints.length) return null;
      const first = Math.min(...all.map(({ endsAt }) => endsAt));
      return { at: Math.min(...all.map(({ at }) => at)), days: (first - now()) / dayMs };
    },
  };
}

/** When the certificate ends that is shown there, in ms. Rejects when none is. */
async function readEnd({ host, port, serverName }: Endpoint, closing: AbortSignal): Promise<number> {
  // One that has ended, or that nobody trusts, is looked at too.
  const socket = connect({ host, port, servername: serverName ?? host, rejectUnauthorized: false });
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]);
    await once(socket, 'secureConnect', { signal });
    const endsAt = Date.parse(socket.getPeerCertificate().valid_to);
    if (Number.isNaN(endsAt)) throw new Error('It shows no certificate.');
    return endsAt;
  } finally {
    socket.destroy();
  }
}
