import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { HealthReport } from '@alwayson/protocol/health.ts';
import { findNearestName } from '../manifest/nearest-name.ts';

type Entity = HealthReport['entities'][number];

/**
 * The entity that is meant by an id (`flow:list-items`) or, where only one has it, a bare name. Throws AON_USAGE when a name is that
 * of several, AON_NOT_FOUND when it is nobody's.
 */
export function findEntity({ entities }: HealthReport, text: string): Entity {
  const byId = entities.find(({ id }) => id === text);
  if (byId) return byId;
  const named = entities.filter(({ name }) => name === text);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  if (named.length > 1) {
    const hint = `Say which: ${named.map(({ id }) => id).join(' or ')}.`;
    throw new AlwaysOnError('AON_USAGE', `${text} is the name of ${named.length} things.`, { hint });
  }
  const known = text.includes(':') ? entities.map(({ id }) => id) : entities.map(({ name }) => name);
  const nearest = findNearestName(text, known);
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  throw new AlwaysOnError('AON_NOT_FOUND', `The health model has nothing called ${text}.${meant}`, {
    hint: 'See ./alwayson health --all for what there is.',
  });
}
