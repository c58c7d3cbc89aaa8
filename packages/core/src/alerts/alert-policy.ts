import type { AlertSettings } from '@alwayson/protocol/alerts.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';

/** What the manifest says about alerts, and the bounds. */
export interface AlertPolicy {
  settings: Pick<AlertSettings, 'owners' | 'renotifyMinutes' | 'runbookBase'>;
  people: Manifest['people'];
  /** Who answers when no person is named. */
  fallbackOwner: string;
}

/** A cause must last this long: what is behind it may be seen a moment after what it breaks. */
export const openAfterMs = { page: 5_000, ticket: 15_000, info: 15_000 } as const;
/** The same while the entity is still starting. */
export const openStartingAfterMs = 120_000;
/** The same for what nothing is known of: evidence may be late. A flow's silence is judged by its objective before it comes here. */
export const openUnknownAfterMs = 60_000;
/** Well for this long, an alert is resolved. Longer than anything comes and goes, shorter than anybody waits. */
export const resolveAfterMs = 60_000;
/** The same while the entity is marked as flapping: one alert that stays, not many. */
export const resolveFlappingAfterMs = 600_000;
/** Between two updates of an alert, unless it got worse. */
export const updateEveryMs = 60_000;
export const openMax = 100;
export const affectsMax = 200;
export const resolvedMax = 100;
export const resolvedKeptMs = 7 * 24 * 3600 * 1000;

export function toAlertPolicy(manifest: Manifest): AlertPolicy {
  return { settings: manifest.alerts, people: manifest.people, fallbackOwner: manifest.owner };
}
