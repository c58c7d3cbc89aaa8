import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { findNearestName } from '../manifest/nearest-name.ts';

/** Asks about a release; a version that is not known becomes a question for the one that was probably meant. */
export async function withNearestRelease<T>(
  client: ControlPlaneClient,
  ref: string | undefined,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AlwaysOnError) || error.code !== 'AON_NOT_FOUND' || ref === undefined) throw error;
    const known = (await client.releases().catch(() => [])).map(({ version }) => version);
    const meant = findNearestName(ref, known) ?? known.find((version) => version.startsWith(ref));
    const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
    throw new AlwaysOnError(error.code, `${error.message}${question}`, {
      hint: 'See ./alwayson releases for those that are kept.',
    });
  }
}
