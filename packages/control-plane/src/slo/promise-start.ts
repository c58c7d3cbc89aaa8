import { z } from 'zod';
import type { ControllerContext } from '../controller.ts';

const Start = z.strictObject({ at: z.number() });

export interface PromiseStartContext extends Pick<ControllerContext, 'environment' | 'records' | 'now'> {
  /** Nothing was ever brought up here. */
  isNew: boolean;
  isBroughtUp(): boolean;
}

/**
 * Since when the objectives are promised, in ms: an environment that comes up for the first time has no users yet, and what its probes
 * miss is nobody's outage. From then on every time counts. Null until then.
 */
export function createPromiseStart(context: PromiseStartContext): () => number | null {
  const { environment, records, now, isNew, isBroughtUp } = context;
  const { version, value } = records.read('promise-start', Start.nullable(), null);
  let start = value?.at ?? null;
  const set = (at: number) => {
    records.commit('promise-start', version, { at });
    start = at;
  };
  if (start === null && !isNew) set(Date.parse(environment.createdAt));
  return () => {
    if (start === null && isBroughtUp()) set(now());
    return start;
  };
}
