import type { Expression, ObjectExpression, Program, Property, SpreadElement } from 'acorn';
import type { FieldPath, SourcePosition } from './manifest-source.ts';

/** Constants may refer to each other; more hops than this is a circle. */
const hopsMax = 20;

/** The expression that a module exports as its workload: the default export, or an export named `workload`. */
export function findExportedExpression(program: Program): Expression | undefined {
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement;
      const isExpression =
        declaration.type !== 'FunctionDeclaration' && declaration.type !== 'ClassDeclaration';
      return isExpression ? declaration : undefined;
    }
  }
  return findConstants(program).get('workload');
}

/** Where the field at `path` of an object literal stands; the nearest literal around it when it is computed. */
export function locateInExpression(
  program: Program,
  root: Expression,
  wanted: { path: FieldPath; part: 'key' | 'value' },
): SourcePosition | undefined {
  const constants = findConstants(program);
  const { path, part } = wanted;
  let node = root;
  let place = toLiteral(root, constants) ?? root;
  for (const [index, step] of path.entries()) {
    const literal = toLiteral(node, constants);
    if (literal?.type === 'ObjectExpression') {
      const property = findProperty(literal, step, constants);
      if (!property) break;
      place = index === path.length - 1 && part === 'key' ? property.key : property.value;
      node = property.value;
    } else if (literal?.type === 'ArrayExpression' && typeof step === 'number') {
      const before = literal.elements.slice(0, step + 1);
      const element = before[step];
      if (!element || before.some((entry) => entry?.type === 'SpreadElement')) break;
      node = element as Expression;
      place = node;
    } else break;
  }
  return place.loc ? { line: place.loc.start.line, column: place.loc.start.column + 1 } : undefined;
}

type Constants = ReadonlyMap<string, Expression>;

function findConstants(program: Program): Constants {
  const constants = new Map<string, Expression>();
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) {
      if (id.type === 'Identifier' && init) constants.set(id.name, init);
    }
  }
  return constants;
}

/** Follows names of constants, and calls such as `defineWorkload({...})` to their first argument. */
function toLiteral(start: Expression, constants: Constants): Expression | undefined {
  let node: Expression | SpreadElement | undefined = start;
  for (let hop = 0; hop < hopsMax && node; hop++) {
    if (node.type === 'CallExpression') node = node.arguments[0];
    else if (node.type === 'Identifier') node = constants.get(node.name);
    else return node.type === 'SpreadElement' ? undefined : node;
  }
  return undefined;
}

function findProperty(
  literal: ObjectExpression,
  name: PropertyKey,
  constants: Constants,
): Property | undefined {
  for (const property of literal.properties.toReversed()) {
    if (property.type === 'SpreadElement') {
      const spread = toLiteral(property.argument, constants);
      const inner = spread?.type === 'ObjectExpression' ? findProperty(spread, name, constants) : undefined;
      if (inner) return inner;
    } else if (isNamed(property, name)) return property;
  }
  return undefined;
}

function isNamed(property: Property, name: PropertyKey): boolean {
  if (property.computed) return false;
  if (property.key.type === 'Identifier') return property.key.name === name;
  return property.key.type === 'Literal' && property.key.value === name;
}
