import type { Command } from 'commander';
import { createManifestJsonSchema } from '../manifest/manifest-json-schema.ts';
import { findConfigFile, loadManifest } from '../manifest/load-manifest.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

export function registerManifest(program: Command): void {
  const manifest = program
    .command('manifest')
    .summary('check a configuration file, or print its schema')
    .description('check a configuration file, or print its schema');
  registerCommand<GlobalOptions>(
    manifest,
    {
      usage: 'check [file]',
      summary: 'read and check a configuration file; nothing is started',
      example: 'manifest check alwayson.config.yaml',
    },
    async (io, options, [file]) => {
      const configFile = findConfigFile({ config: file ?? options.config, cwd: io.cwd });
      const { manifest: checked } = await loadManifest(configFile);
      const { name, regions, components, flows } = checked;
      const text = `${configFile} is valid: workload ${name}, ${regions.length} regions, ${components.length} components, ${flows.length} flows.`;
      io.result({ configFile, manifest: checked }, text);
    },
  );
  registerCommand<GlobalOptions>(
    manifest,
    {
      usage: 'schema',
      summary: 'print the JSON Schema of configuration files',
      example: 'manifest schema > manifest.schema.json',
    },
    async (io) => {
      const schema = createManifestJsonSchema();
      io.result(schema, JSON.stringify(schema, null, 2));
    },
  );
}
