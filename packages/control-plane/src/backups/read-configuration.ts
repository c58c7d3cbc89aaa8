import type { KeptConfiguration } from '@alwayson/core/recovery/compare-configuration.ts';
import { z } from 'zod';
import type { ControllerContext } from '../controller.ts';
import { readEstate } from '../estate/estate-store.ts';

/** Those that say what somebody wanted; what was observed, or decided from it, comes by itself. */
const names = ['scale', 'switches', 'drill-schedules'] as const;

/** No secrets: they are in `environment.json`, and so is what opens a backup. */
export function readConfiguration({
  manifest,
  records,
}: Pick<ControllerContext, 'manifest' | 'records'>): KeptConfiguration {
  const { live, wanted } = readEstate(records).value;
  const values = names.map((name) => [name, records.read(name, z.unknown(), null).value] as const);
  return { manifest, records: { release: live, stamps: wanted, ...Object.fromEntries(values) } };
}
