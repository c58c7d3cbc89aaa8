import type { WebhookQuestion, WebhookSaid } from '@alwayson/core/rollout/decide-webhooks.ts';
import type { FlaggerPhase } from '@alwayson/core/rollout/flagger-phase.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';

type ReleaseWebhook = Manifest['release']['gates']['webhooks'][number];

export interface WebhookContext {
  phase: FlaggerPhase;
  /** Digest of the release that is on its way. */
  release: string;
}

export interface RolloutEvent extends WebhookContext {
  message: string;
  /** In the words of Kubernetes, as receivers know them. */
  kind: 'Normal' | 'Warning';
  at: number;
}

export interface RolloutWebhooks {
  /**
   * Asks those of the question's type and names beside each other. 2xx is a yes; anything else is a no with what was answered, also no
   * answer in time. Never throws.
   */
  ask(
    question: Pick<WebhookQuestion, 'type' | 'names'>,
    context: WebhookContext,
    signal: AbortSignal,
  ): Promise<WebhookSaid[]>;
  /** Tells whoever wants to hear of events, one after the other, and waits for nobody. */
  tell(event: RolloutEvent): void;
  /** Gives up what was not told yet. */
  close(): Promise<void>;
}

/** Of what a receiver says. */
const bodyBytesMax = 4096;
const textMax = 200;
/** Events that wait for a receiver; of more the oldest are not told. */
const waitingMax = 100;

/** Webhooks in the format of Flagger, so that its users' gates and testers work as they are. */
export function createRolloutWebhooks(
  webhooks: readonly ReleaseWebhook[],
  environment: Pick<Environment, 'name' | 'workload'>,
): RolloutWebhooks {
  const closing = new AbortController();
  const listeners = webhooks
    .filter(({ type }) => type === 'event')
    .map((webhook) => createTeller((payload) => post(webhook, payload, closing.signal)));
  const toPayload = ({ phase, release }: WebhookContext, metadata: Record<string, string>) => ({
    name: environment.workload,
    namespace: environment.name,
    phase,
    checksum: release,
    metadata,
  });

  return {
    async ask({ type, names }, context, signal) {
      const asked = webhooks.filter((webhook) => webhook.type === type && names.includes(webhook.name));
      return Promise.all(
        asked.map(async (webhook) => {
          const payload = toPayload(context, webhook.metadata);
          const said = await post(webhook, payload, AbortSignal.any([signal, closing.signal]));
          return { name: webhook.name, ...said };
        }),
      );
    },
    tell({ message, kind, at, ...context }) {
      const own = { eventMessage: message, eventType: kind, timestamp: String(at) };
      webhooks
        .filter(({ type }) => type === 'event')
        .forEach(({ metadata }, index) =>
          listeners[index]?.tell(toPayload(context, { ...metadata, ...own })),
        );
    },
    async close() {
      closing.abort();
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}

/** One receiver of events: in their order, one at a time. */
function createTeller(send: (payload: unknown) => Promise<unknown>) {
  let waiting: unknown[] = [];
  let working: Promise<void> | null = null;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await send(next);
    working = null;
  };
  return {
    tell(payload: unknown) {
      waiting = [...waiting, payload].slice(-waitingMax);
      working ??= work();
    },
    async close() {
      waiting = [];
      await working;
    },
  };
}

async function post(
  { url, timeoutMs }: Pick<ReleaseWebhook, 'url' | 'timeoutMs'>,
  payload: unknown,
  signal: AbortSignal,
): Promise<Omit<WebhookSaid, 'name'>> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload),
      // A yes has to come from whom it was declared of.
      redirect: 'manual',
      signal: AbortSignal.any([signal, late]),
    });
    const body = await readStart(response);
    return { ok: response.ok, text: `HTTP ${response.status}${body === '' ? '' : `: ${body}`}` };
  } catch (error) {
    if (late.aborted) return { ok: false, text: `no answer within ${timeoutMs} ms` };
    return { ok: false, text: signal.aborted ? 'given up' : `not reached: ${toReason(error)}` };
  }
}

/** The whole answer is waited for, as far as it is of interest. */
async function readStart(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= bodyBytesMax) break;
  }
  return Buffer.concat(parts).toString().trim().replaceAll(/\s+/g, ' ').slice(0, textMax);
}

/** Addresses may hold secrets: only what happened is told. */
function toReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error instanceof Error ? error.name : 'unknown';
}
