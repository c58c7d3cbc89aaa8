import { Manifest } from '@alwayson/protocol/manifest.ts';
import { Name } from '@alwayson/protocol/words.ts';
import { z } from 'zod';
import type { FieldPath } from './manifest-source.ts';

/** The part of JSON Schema that zod writes for the manifest. */
export interface SchemaNode {
  type?: string;
  enum?: unknown[];
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  pattern?: string;
}

/** Names are described in protocol's words instead of by their pattern. */
const namePattern = z.toJSONSchema(Name).pattern;
const nameRule = Name.safeParse('').error?.issues[0]?.message ?? 'a name';

/** Names the schema to an editor; allowed in JSON files, and no part of the manifest. */
export const schemaField = '$schema';

/** The JSON Schema of a manifest as users write it (defaults need not be given). */
export function createManifestJsonSchema(): SchemaNode & Record<string, unknown> {
  const schema = withoutIntegerLimits(z.toJSONSchema(Manifest, { io: 'input' })) as SchemaNode;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://alwayson.dev/schemas/manifest.schema.json',
    title: 'AlwaysOn workload manifest',
    ...schema,
    properties: { ...schema.properties, [schemaField]: { type: 'string' } },
  };
}

/** The schema of one field; undefined where the manifest has no such field. */
export function findSchemaNode(root: SchemaNode, path: FieldPath): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, part) => {
    if (typeof part === 'number') return node?.items;
    const named = node?.properties?.[String(part)];
    if (named) return named;
    return typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined;
  }, root);
}

/** In words, what a field may hold: `a whole number from 2 to 4`. */
export function describeAllowed(node: SchemaNode | undefined): string {
  if (node?.enum) return `one of: ${node.enum.map(String).join(', ')}`;
  switch (node?.type) {
    case 'integer':
      return `a whole number${describeBounds(node)}`;
    case 'number':
      return `a number${describeBounds(node)}`;
    case 'string':
      return describeText(node);
    case 'array':
      return `a list${describeLength(node)}, each entry ${describeAllowed(node.items)}`;
    case 'object':
      return node.properties
        ? `an object with the fields ${Object.keys(node.properties).join(', ')}`
        : 'an object';
    default:
      return node?.type ?? 'another value';
  }
}

function describeText(node: SchemaNode): string {
  if (node.pattern === namePattern) return nameRule;
  if (node.pattern?.startsWith('^\\/')) return 'text that starts with /';
  if (node.pattern) return `text of the form ${node.pattern}`;
  return node.minLength ? 'text that is not empty' : 'text';
}

function describeBounds(node: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = node;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  const low =
    exclusiveMinimum === undefined ? minimum && `of at least ${minimum}` : `above ${exclusiveMinimum}`;
  const atLeastZero = minimum === 0 ? 'of at least 0' : low;
  const high =
    exclusiveMaximum === undefined
      ? maximum !== undefined && `of at most ${maximum}`
      : `below ${exclusiveMaximum}`;
  const parts = [atLeastZero, high].filter(Boolean);
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`;
}

function describeLength(node: SchemaNode): string {
  const { minItems, maxItems } = node;
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems} entries`;
  if (minItems !== undefined) return ` of at least ${minItems} ${minItems === 1 ? 'entry' : 'entries'}`;
  return maxItems === undefined ? '' : ` of at most ${maxItems} entries`;
}

/** zod bounds every integer by what a double can count; to a reader that says nothing. */
function withoutIntegerLimits(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIntegerLimits);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([, entry]) => Math.abs(Number(entry)) !== Number.MAX_SAFE_INTEGER,
  );
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutIntegerLimits(entry)]));
}
