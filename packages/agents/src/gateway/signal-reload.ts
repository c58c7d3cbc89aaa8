import { hostRoutes } from '@alwayson/protocol/units.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** How HAProxy's master is asked to reload: through the host, which owns the process. */
export function createSignalReload(options: {
  hostUrl: string;
  unit: string;
  token: string;
}): () => Promise<void> {
  const url = options.hostUrl + hostRoutes.action(options.unit, 'signal');
  return async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ signal: 'SIGUSR2' }),
      signal: AbortSignal.timeout(3000),
    }).catch((error: unknown) => {
      throw new AlwaysOnError('AON_UNREACHABLE', `The host does not answer at ${url}.`, { cause: error });
    });
    if (!response.ok)
      throw new AlwaysOnError('AON_UNREACHABLE', `The host answered ${response.status} at ${url}.`);
    await response.body?.cancel();
  };
}
