import { fromDurationShorthand } from '@alwayson/protocol/duration-shorthand.ts';
import { telemetryCause } from './alert-kind.ts';
import type { AlertInput, FiringPair } from './alert-input.ts';
import type { AlertMemory } from './alert-memory.ts';
import { type CauseGroup, createGroup, type EntityIndex } from './attribute-entities.ts';

export interface BurningFlow {
  id: string;
  name: string;
  firing: readonly FiringPair[];
}

export interface BudgetContext {
  memory: AlertMemory;
  input: AlertInput;
  index: EntityIndex;
  now: number;
}

/** A window still holds an outage for as long as it is, and the counting of it takes a little. */
const explainedMarginMs = 30_000;

/**
 * Flows whose budget burns. What burns for no cause that is known, or was known while the window lasts, is added as a cause of its
 * own.
 */
export function addBurningFlows(groups: Map<string, CauseGroup>, context: BudgetContext): BurningFlow[] {
  const { memory, input, index, now } = context;
  const owned = new Set([...groups].flatMap(([id, { affects }]) => [id, ...affects]));
  const toId = createFlowIds(input);
  return input.burns.flatMap(({ flow, pairs }) => {
    const id = toId(flow);
    const explainedAt = memory.explained[id] ?? Number.NEGATIVE_INFINITY;
    const firing = pairs.filter(
      (pair) => pair.firing && (owned.has(id) || now - explainedAt > toExplainedMs(pair)),
    );
    if (firing.length === 0) return [];
    if (!owned.has(id)) groups.set(id, createGroup(index.get(id)));
    return [{ id, name: flow, firing }];
  });
}

function toExplainedMs({ short }: FiringPair): number {
  return fromDurationShorthand(short) * 1000 + explainedMarginMs;
}

/**
 * Flows that nobody tells of: not healthy, and not their own fault. They suffer from a blind observer, or else from missing telemetry. The
 * id of that cause when one of them is of high criticality: nobody would see it fail.
 */
export function addSilentFlows(
  groups: Map<string, CauseGroup>,
  { input, index }: BudgetContext,
): string | null {
  const toId = createFlowIds(input);
  const silent = input.burns.filter(({ isSilent }) => isSilent).map(({ flow }) => toId(flow));
  if (silent.length === 0) return null;
  const blind = [...groups].find(([, { entity }]) => entity?.alertKind === 'observer-blind');
  const cause = blind?.[0] ?? telemetryCause;
  const group = groups.get(cause) ?? createGroup(undefined);
  groups.set(cause, group);
  for (const flow of silent) group.affects.add(flow);
  return silent.some((flow) => index.get(flow)?.criticality === 'high') ? cause : null;
}

/** From a flow's name to its id in the model. */
function createFlowIds({ entities }: AlertInput): (name: string) => string {
  const flows = entities.filter(({ kind }) => kind === 'flow');
  const ids = new Map(flows.map(({ name, id }) => [name, id]));
  return (name) => ids.get(name) ?? `flow:${name}`;
}
