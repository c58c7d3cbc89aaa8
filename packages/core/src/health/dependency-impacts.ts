import type { Impact } from '@alwayson/protocol/health.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { toEntityId } from './entity-ids.ts';
import { type Group, worstOf } from './health-model.ts';

type Flow = Manifest['flows'][number];
type DependencyKind = Manifest['dependencies'][number]['kind'];

/** What is felt of a dependency while everything runs. Those for starting and steering are felt by the `can-scale` flow. */
const impactOf: Readonly<Record<DependencyKind, Impact>> = {
  hard: 'standard',
  soft: 'limited',
  async: 'limited',
  startup: 'suppressed',
  control: 'suppressed',
};
const strength = { standard: 2, limited: 1, suppressed: 0 } as const satisfies Record<Impact, number>;

/** What a flow feels of something that it passes: the strongest of the dependencies on it within the path; all of it when none is declared. */
export function impactInFlow({ dependencies }: Manifest, flow: Flow, name: string): Impact {
  const declared = dependencies
    .filter(({ from, to }) => to === name && from !== name && flow.path.includes(from))
    .map(({ kind }) => impactOf[kind]);
  return declared.length === 0 ? 'standard' : declared.reduce(stronger);
}

interface FeltDependency {
  to: string;
  impact: Impact;
}

/**
 * What each component or store itself feels of its dependencies, by name. Nothing, where a flow names both: that flow judges, so
 * that a flow which needs the one and not the other stays green. Nothing either where two depend on each other.
 */
function impactsOnDependents({ dependencies, flows }: Manifest): Map<string, FeltDependency[]> {
  const found = new Map<string, FeltDependency[]>();
  for (const { from, to, kind } of dependencies) {
    if (from === to) continue;
    const isJudgedByFlow = flows.some(({ path }) => path.includes(from) && path.includes(to));
    const isQuiet = isJudgedByFlow || reaches(found, to, from);
    const felt: FeltDependency = { to, impact: isQuiet ? 'suppressed' : impactOf[kind] };
    const list = found.get(from) ?? [];
    const same = list.find((edge) => edge.to === to);
    if (same === undefined) found.set(from, [...list, felt]);
    else same.impact = stronger(same.impact, felt.impact);
  }
  return found;
}

/** What a component or store feels of those that it depends on; empty when it declares none. */
export function dependencyGroups(manifest: Manifest, name: string): Group[] {
  const felt = impactsOnDependents(manifest).get(name) ?? [];
  if (felt.length === 0) return [];
  return [
    worstOf(
      'dependencies',
      felt.map(({ to, impact }) => ({ to: toEntityId(manifest, to), impact })),
    ),
  ];
}

/** Names that something needs to start or to be steered. */
export function neededToScale({ dependencies }: Manifest): string[] {
  const needed = dependencies.filter(({ kind }) => kind === 'startup' || kind === 'control');
  return [...new Set(needed.map(({ to }) => to))];
}

function stronger(one: Impact, other: Impact): Impact {
  return strength[one] >= strength[other] ? one : other;
}

function reaches(found: ReadonlyMap<string, readonly FeltDependency[]>, from: string, to: string): boolean {
  if (from === to) return true;
  return (found.get(from) ?? []).some((edge) => edge.impact !== 'suppressed' && reaches(found, edge.to, to));
}
