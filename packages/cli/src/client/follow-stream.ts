import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlaneClient, StreamMessage } from './control-plane-client.ts';

const retryFirstMs = 250;
const retryMaxMs = 2000;

export type FollowedMessage = StreamMessage | { type: 'disconnected'; error: unknown };

/**
 * The stream across restarts of the control plane: after a loss it says `disconnected` and tries again, from the event seen
 * last. Ends when `signal` does.
 */
export async function* followStream(
  client: ControlPlaneClient,
  options: { signal: AbortSignal; after?: number },
): AsyncGenerator<FollowedMessage> {
  const { signal } = options;
  let { after } = options;
  let waitMs = retryFirstMs;
  while (!signal.aborted) {
    try {
      for await (const message of client.stream({ signal, after })) {
        waitMs = retryFirstMs;
        if (message.type === 'event') after = message.event.seq;
        yield message;
      }
      if (!signal.aborted) yield { type: 'disconnected', error: undefined };
    } catch (error) {
      if (signal.aborted) return;
      yield { type: 'disconnected', error };
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, retryMaxMs);
  }
}
