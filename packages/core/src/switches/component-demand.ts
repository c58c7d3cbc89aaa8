import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Observation } from '@alwayson/protocol/observation.ts';

/** The window of `FlowCounters.recent`. */
const windowSeconds = 60;

/**
 * Requests per second that each component had to serve in the last minute, as all observers together saw it: every flow asks for each
 * component it passes. What nobody observed counts as nothing.
 */
export function toComponentDemand(
  manifest: Pick<Manifest, 'components' | 'flows'>,
  observations: readonly Observation[],
): Record<string, number> {
  const counters = observations.flatMap(({ flows }) => flows);
  const rateOf = (flow: string) =>
    counters
      .filter((counter) => counter.flow === flow)
      .reduce((sum, { recent }) => sum + recent.good + recent.bad, 0) / windowSeconds;
  return Object.fromEntries(
    manifest.components.map(({ name }) => {
      const passing = manifest.flows.filter(({ path }) => path.includes(name));
      return [name, passing.reduce((sum, flow) => sum + rateOf(flow.name), 0)];
    }),
  );
}
