import { observerZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { Observation, observationPath } from '@alwayson/protocol/observation.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { requestJson } from './request-json.ts';

/** A little less than five ticks, which are not exact. */
const quietIntervalMs = 4900;
/** While there is traffic, what it says of stamps is read at every tick. */
const busyIntervalMs = 900;
const staleAfterMs = 15_000;

export interface ObserverSignals extends Controller {
  /** Fresh observations, one per observer that answers. */
  observations(): readonly Observation[];
  /** Whether there is traffic. */
  isBusy(): boolean;
}

export function createObserverSignals({ environment, placement, now }: ControllerContext): ObserverSignals {
  const answers = new Map<string, { observation: Observation; at: number }>();
  let askedAt = -Infinity;
  const isBusy = () => [...answers.values()].some(({ observation }) => observation.windows?.length);

  return {
    name: 'observer-signals',
    async tick() {
      if (now() - askedAt < (isBusy() ? busyIntervalMs : quietIntervalMs)) return;
      askedAt = now();
      await Promise.all(
        toRegions(environment).map(async (region) => {
          const zone = observerZone(region);
          if (placement.observe(zone.name).contact !== 'connected') return;
          const url = `http://${zone.address}:${zonePorts.observer}${observationPath}`;
          const observation = await requestJson(Observation, { url, token: environment.tokens.agents }).catch(
            () => null,
          );
          if (observation !== null) answers.set(region.name, { observation, at: now() });
        }),
      );
    },
    close: async () => {},
    isBusy,
    observations: () =>
      [...answers.values()]
        .filter(({ at }) => now() - at <= staleAfterMs)
        .map(({ observation }) => observation),
  };
}
