import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { expect, test } from 'vitest';
import { installDir } from '../../src/install-dir.ts';
import { findConfigFile, loadManifest } from '../../src/manifest/load-manifest.ts';
import type { ManifestFault } from '../../src/manifest/manifest-fault.ts';
import { runCli } from '../support/run-cli.ts';
import { sampleInput } from '../support/sample-manifest.ts';
import { createScratch } from '../support/scratch.ts';

function write(name: string, lines: readonly string[]): string {
  const file = join(createScratch(), name);
  writeFileSync(file, lines.join('\n'));
  return file;
}

interface Checked {
  detail: string;
  code: string;
  manifest: Manifest;
  faults: ManifestFault[];
}

/** Through the command line: vitest would run an imported configuration file by its own rules. */
async function check(file: string): Promise<Checked> {
  const run = await runCli(['manifest', 'check', file, '--json'], { stateDir: createScratch() });
  return JSON.parse(run.stdout) as Checked;
}

/** `line:column field | found | allowed` of every fault, in the order they are told. */
async function listFaults(file: string): Promise<string[]> {
  const { faults } = await check(file);
  return faults.map(
    ({ line, column, field, found, allowed }) => `${line}:${column} ${field} | ${found} | ${allowed}`,
  );
}

test('a TypeScript file anywhere finds the SDK of the installation, and defaults are filled in', async () => {
  const file = write('alwayson.config.ts', [
    `import { defineWorkload } from '@alwayson/sdk/workload.ts';`,
    `const regions: { name: string }[] = [{ name: 'west' }, { name: 'east' }];`,
    `export default defineWorkload(${JSON.stringify({ ...sampleInput, regions: undefined }).replace('{', '{ regions,')});`,
  ]);
  const { manifest } = await check(file);
  expect(manifest.regions).toEqual([
    { name: 'west', zones: 2 },
    { name: 'east', zones: 2 },
  ]);
  expect(manifest.objectives.availability).toBe(99.95);
});

test('TypeScript: all faults at once, each with its place, also behind constants, types and spreads', async () => {
  const file = write('alwayson.config.ts', [
    `const more = { zones: 7 } as const;`,
    `const api: object = {`,
    `  name: 'Api',`,
    `  command: [],`,
    `  probe: { timeoutMS: 5 },`,
    `};`,
    `export default {`,
    `  name: 'shop',`,
    `  regions: [{ name: 'west', ...more }, { name: 'east' }],`,
    `  components: [api],`,
    `  flows: [{ name: 'buy', path: ['api', 'nowhere'] }],`,
    `  objectives: { availability: 100 },`,
    `} satisfies object;`,
  ]);
  expect(await listFaults(file)).toEqual([
    '1:23 regions[0].zones | 7 | a whole number from 2 to 4',
    '3:9 components[0].name | "Api" | a name of 2-32 small letters, digits and dashes, starting with a letter',
    '4:12 components[0].command | [] | a list of at least 1 entry, each entry text that is not empty',
    '5:12 components[0].probe.timeoutMS | an unknown field | timeoutMs? Known here: the fields path, timeoutMs',
    '7:16 owner | nothing | text that is not empty',
    '11:33 flows[0].path[0] | "api" | one of: Api',
    '11:40 flows[0].path[1] | "nowhere" | one of: Api',
    '12:31 objectives.availability | 100 | a number above 0 and below 100',
  ]);
});

test('YAML: all faults at once, each with its place', async () => {
  const file = write('alwayson.config.yaml', [
    'name: shop',
    'owner: team',
    'tier: high',
    'regions:',
    '  - name: west',
    '  - nmae: east',
    'components:',
    '  - { name: api, command: [node, api.js], routes: [api] }',
    'flows: [{ name: buy, path: [api], criticality: urgent }]',
  ]);
  expect(await listFaults(file)).toEqual([
    '3:7 tier | "high" | a whole number from 0 to 3',
    '6:5 regions[1].name | nothing | a name of 2-32 small letters, digits and dashes, starting with a letter',
    '6:5 regions[1].nmae | an unknown field | name? Known here: the fields name, zones',
    '8:52 components[0].routes[0] | "api" | text that starts with /',
    '9:48 flows[0].criticality | "urgent" | one of: high, medium, low',
  ]);
});

test('JSON: faults with their place', async () => {
  const file = write(
    'alwayson.config.json',
    JSON.stringify({ $schema: './manifest.schema.json', ...sampleInput, tier: 9, extra: 1 }, null, 2).split(
      '\n',
    ),
  );
  const [tier, extra, ...others] = await listFaults(file);
  expect(others).toEqual([]);
  expect(tier).toMatch(/^\d+:11 tier \| 9 \| a whole number from 0 to 3$/);
  expect(extra).toMatch(/^\d+:3 extra \| an unknown field \| the fields name, owner,/);
});

test.each([
  ['alwayson.config.json', ['{', '  "name": "shop",', '}'], /^3:1 \(syntax\)/],
  [
    'alwayson.config.yaml',
    ['name: shop', 'name: shop', 'a: [1'],
    /^2:1 \(syntax\) \| Map keys must be unique/,
  ],
  ['alwayson.config.ts', ['export default {', '  name: ,', '};'], /^2:9 \(syntax\)/],
  ['alwayson.config.ts', ['enum A { B }', 'export default {};'], /\(syntax\) \| .*enum/],
  ['alwayson.config.ts', ['export const other = 1;'], /no default export/],
])('%s with a syntax fault names the place', async (name, lines, expected) => {
  expect((await listFaults(write(name, lines)))[0]).toMatch(expected);
});

test('an error that the file throws is told with its place', async () => {
  const file = write('alwayson.config.ts', [
    'const home: string = "x";',
    'throw new Error(`no ${home}`);',
    'export default {};',
  ]);
  expect(await check(file)).toMatchObject({
    code: 'AON_MANIFEST_INVALID',
    detail: `${file}:2:7 could not be run: no x`,
  });
});

test('a package that is not there is named', async () => {
  const file = write('alwayson.config.ts', [`import 'no-such-package';`, 'export default {};']);
  expect((await check(file)).detail).toMatch(/could not be run: Cannot find package 'no-such-package'/);
});

test('the file named wins, then the current folder, then the catalog', () => {
  const cwd = createScratch();
  expect(findConfigFile({ cwd })).toBe(join(installDir, 'workloads/catalog/alwayson.config.ts'));
  writeFileSync(join(cwd, 'alwayson.config.yml'), '');
  expect(findConfigFile({ cwd })).toBe(join(cwd, 'alwayson.config.yml'));
  mkdirSync(join(cwd, 'deep'));
  expect(findConfigFile({ cwd, config: 'deep/other.json' })).toBe(join(cwd, 'deep/other.json'));
});

test('a file that is missing or of an unknown kind is refused', async () => {
  await expect(loadManifest('/nowhere/alwayson.config.ts')).rejects.toMatchObject({
    code: 'AON_MANIFEST_MISSING',
  });
  await expect(loadManifest(write('alwayson.toml', ['']))).rejects.toMatchObject({ code: 'AON_USAGE' });
});
