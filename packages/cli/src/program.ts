import { Command } from 'commander';
import { registerAbort } from './commands/abort.ts';
import { registerAlerts } from './commands/alerts.ts';
import { registerBackup } from './commands/backup.ts';
import { registerDeploy } from './commands/deploy.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerDown } from './commands/down.ts';
import { registerDrill } from './commands/drill.ts';
import { registerEnv } from './commands/env.ts';
import { registerEvents } from './commands/events.ts';
import { registerExplain } from './commands/explain.ts';
import { registerFailback } from './commands/failback.ts';
import { registerFailover } from './commands/failover.ts';
import { registerHealth } from './commands/health.ts';
import { registerKill, registerRevive } from './commands/kill-and-revive.ts';
import { registerLogs } from './commands/logs.ts';
import { registerMaintenance } from './commands/maintenance.ts';
import { registerManifest } from './commands/manifest.ts';
import { registerOpen } from './commands/open.ts';
import { registerOps } from './commands/ops.ts';
import { registerPreview } from './commands/preview.ts';
import { registerRegion } from './commands/region.ts';
import { registerReleases } from './commands/releases.ts';
import { registerRestore } from './commands/restore.ts';
import { registerRollback } from './commands/rollback.ts';
import { registerPause, registerPromote, registerResume } from './commands/rollout-orders.ts';
import { registerScale } from './commands/scale.ts';
import { registerShares } from './commands/shares.ts';
import { registerSlo } from './commands/slo.ts';
import { registerStamp } from './commands/stamp.ts';
import { registerStatus } from './commands/status.ts';
import { registerSwitches } from './commands/switches.ts';
import { registerUp } from './commands/up.ts';

const version = '0.1.0';

const exitCodes =
  'Exit codes: 0 done, 1 failed, 2 wrong usage or manifest, 3 refused by a guard, 4 nothing is running.';

/** In the order of the help. */
const commands = [
  registerUp,
  registerDown,
  registerStatus,
  registerHealth,
  registerExplain,
  registerShares,
  registerSlo,
  registerAlerts,
  registerEvents,
  registerLogs,
  registerDeploy,
  registerPromote,
  registerPause,
  registerResume,
  registerAbort,
  registerRollback,
  registerReleases,
  registerPreview,
  registerScale,
  registerFailover,
  registerFailback,
  registerBackup,
  registerRestore,
  registerDrill,
  registerOps,
  registerEnv,
  registerKill,
  registerRevive,
  registerStamp,
  registerRegion,
  registerMaintenance,
  registerSwitches,
  registerOpen,
  registerDoctor,
  registerManifest,
];

/** The whole command line, not yet run. It throws instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('./alwayson')
    .description('Runs a web workload as a mission-critical workload, on machines its users own.')
    // Not `--version`: that names a release. Alone it is understood by main.ts.
    .version(version, '-V', 'output the version number (also: --version)')
    .option('--json', 'one JSON document on standard output; progress goes to standard error')
    .option('--config <file>', 'configuration file of the workload')
    .option('--env <name>', 'environment that is meant (default: main, or $ALWAYSON_ENV)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', `\n${exitCodes}\n\nExample:\n  $ ./alwayson up --detach`);
  for (const register of commands) register(program);
  forAll(program, (command) => command.exitOverride().configureOutput({ writeErr: () => undefined }));
  return program;
}

function forAll(command: Command, apply: (command: Command) => void): void {
  apply(command);
  for (const child of command.commands) forAll(child, apply);
}
