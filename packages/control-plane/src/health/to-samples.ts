import type { HealthSample } from '@alwayson/core/health/health-sample.ts';
import { toFlowSamples } from './flow-samples.ts';
import type { HealthFacts } from './health-facts.ts';
import { toPlaceSamples } from './place-samples.ts';
import { toStampSamples } from './stamp-samples.ts';
import { toStoreSamples } from './store-samples.ts';

/**
 * Everything that is known now as results of the health model's signals. Each carries the time at which it was measured, so that one
 * that is told again counts once; who looked; and, where the facts show it, what it is a symptom of.
 */
export function toSamples(facts: HealthFacts): HealthSample[] {
  return [
    ...toPlaceSamples(facts),
    ...toStoreSamples(facts),
    ...toStampSamples(facts),
    ...toFlowSamples(facts),
  ];
}
