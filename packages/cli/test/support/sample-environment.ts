import { bootstrapEnvironment, type BootstrapInput } from '../../src/environment/bootstrap-environment.ts';
import { sampleManifest } from './sample-manifest.ts';

export function createBootstrapInput(stateDir: string): BootstrapInput & { notes: string[] } {
  const notes: string[] = [];
  return {
    manifest: sampleManifest,
    configFile: '/shop/alwayson.config.ts',
    workloadDir: '/shop',
    stateDir,
    name: 'main',
    notes,
    say: (note) => notes.push(note),
  };
}

/** An environment on free ports. */
export async function createSampleEnvironment(
  stateDir: string,
  ports = { frontDoor: 18_201, console: 18_202 },
) {
  return bootstrapEnvironment({
    ...createBootstrapInput(stateDir),
    frontDoorPort: ports.frontDoor,
    consolePort: ports.console,
  });
}
