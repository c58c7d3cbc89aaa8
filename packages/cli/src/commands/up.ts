import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Command } from 'commander';
import { findStateFolder } from '../environment/state-folder.ts';
import { findConfigFile, loadManifest } from '../manifest/load-manifest.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderSummary, toSummaryDocument } from '../start/render-summary.ts';
import {
  findStartedEnvironment,
  type StartedEnvironment,
  startEnvironment,
} from '../start/start-environment.ts';
import { stayInForeground } from '../start/stay-in-foreground.ts';
import { stopEnvironment } from '../stop/stop-environment.ts';
import { parsePort } from './parse-port.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

interface UpOptions extends GlobalOptions {
  detach?: boolean;
  port?: number;
  consolePort?: number;
}

export function registerUp(program: Command): void {
  registerCommand<UpOptions>(
    program,
    {
      usage: 'up',
      summary: 'start the workload, and stay with it until Ctrl-C',
      example: 'up --detach --port 8081 --console-port 8901',
      details: [
        'Without --config it takes alwayson.config.ts (.yaml, .yml, .json) of the current folder, else the catalog',
        'that comes with AlwaysOn. State is kept in .alwayson beside AlwaysOn, or in the folder ALWAYSON_HOME;',
        'that of another environment (--env NAME) in the same folder with -NAME behind it.',
      ].join('\n'),
    },
    runUp,
  )
    .option('-d, --detach', 'return when everything is up')
    .option('--port <number>', 'port of the front door (default: 8080)', parsePort)
    .option('--console-port <number>', 'port of console and API (default: 8900)', parsePort);
}

async function runUp(io: CommandIo, options: UpOptions): Promise<void> {
  const stateFolder = findStateFolder(io.env);
  const foreground = options.detach !== true;
  const tell = ({ environment, status }: StartedEnvironment) =>
    io.result(
      toSummaryDocument(status, environment.stateDir),
      renderSummary(status, { foreground, name: environment.name }),
    );

  const started = await findStartedEnvironment(stateFolder.path);
  if (started) {
    if (foreground) {
      throw new AlwaysOnError(
        'AON_ALREADY_RUNNING',
        `${started.status.workload} is running already: ${started.status.frontDoor}.`,
      );
    }
    io.note('It is running already.');
    tell(started);
    return;
  }
  if (stateFolder.note) io.note(stateFolder.note);
  const workload = await loadManifest(findConfigFile({ config: options.config, cwd: io.cwd }));
  const start = (signal: AbortSignal) =>
    startEnvironment({
      workload,
      stateFolder,
      frontDoorPort: options.port,
      consolePort: options.consolePort,
      signal,
      note: io.note,
    });
  if (!foreground) {
    tell(await start(new AbortController().signal));
    return;
  }
  await runInForeground({ start, tell, stateDir: stateFolder.path, io });
}

interface ForegroundRun {
  start: (signal: AbortSignal) => Promise<StartedEnvironment>;
  tell: (started: StartedEnvironment) => void;
  stateDir: string;
  io: CommandIo;
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C under `npm start` arrives twice: from the terminal, and passed on by npm. */
const sameSignalMs = 2000;

/** The environment lives as long as this process: the first signal stops it in order, a later one at once. */
async function runInForeground({ start, tell, stateDir, io }: ForegroundRun): Promise<void> {
  const ended = new AbortController();
  const hurry = new AbortController();
  let signalledAt: number | undefined;
  const onSignal = () => {
    signalledAt ??= performance.now();
    if (performance.now() - signalledAt > sameSignalMs) hurry.abort();
    else ended.abort(new Error('stopped by a signal'));
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  try {
    const started = await start(ended.signal);
    tell(started);
    await stayInForeground(started.environment, { signal: ended.signal, io });
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    if (ended.signal.aborted) {
      await stopEnvironment({ stateDir, note: io.note, hurry: hurry.signal });
      io.note('Stopped.');
    }
    for (const signal of stopSignals) process.off(signal, onSignal);
  }
}
