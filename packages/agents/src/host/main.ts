import { flushCompileCache } from 'node:module';
import { standBehind, takeLead } from '@alwayson/engines/process/priority.ts';
import { identify, isErrno } from '@alwayson/engines/process/identity.ts';
import { zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError, errorCatalogue, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { FastifyInstance } from 'fastify';
import { type HostConfig, hostFiles, readHostConfig } from './host-config.ts';
import { createHostLog, messageOf } from './host-log.ts';
import { registerHostRoutes } from './host-routes.ts';
import { createHostServer } from './host-server.ts';
import { writeHost } from './host-state.ts';
import { Keeper } from './keeper.ts';
import { registerKeeperRoutes } from './keeper-routes.ts';
import { Supervisor } from './supervisor.ts';
import { powerOffOwnZone } from './zone-power.ts';

/** One zone's host process. In the witness zone it also keeps the other zones' hosts. */
async function main(): Promise<void> {
  const config = readHostConfig(process.env);
  const { environment, zone } = config;
  const log = createHostLog(zone.name);
  const self = identify(process.pid);
  if (self === undefined) throw new Error('/proc does not show this process.');

  // Nobody counts on a sandbox: who serves beside it comes first.
  if (environment.type === 'sandbox') standBehind(process.pid);
  // What keeps the others going, and decides who serves, needs little time, and at once when something breaks on a full machine.
  takeLead({ session: config.isWitness });

  const supervisor = new Supervisor(config, log);
  const keeper = config.isWitness ? new Keeper(config, log) : undefined;
  const exit = () => {
    log('host.ends');
    process.exit(0);
  };
  const shutdownAll = createShutdown(supervisor, keeper);

  const server = createHostServer(environment.tokens.agents, log);
  const opened = Promise.withResolvers<void>();
  server.addHook('onRequest', () => opened.promise);
  registerHostRoutes(server, {
    supervisor,
    outage: () => powerOffOwnZone(environment, zone.name, self),
    shutdown: () => supervisor.shutdown(),
    exit,
  });
  if (keeper !== undefined) registerKeeperRoutes(server, { keeper, shutdownAll, exit });
  await listen(server, config);

  // The port is held: no other host of this zone reads or writes its state, or touches its units.
  supervisor.open();
  keeper?.open();
  writeHost(hostFiles(environment, zone.name).host, { ...self, startedAt: new Date().toISOString() });
  opened.resolve();
  log('host.listens', { pid: process.pid, address: zone.address, port: zonePorts.host });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void shutdownAll().finally(exit));
  }
  await Promise.all([supervisor.start(), keeper?.start()]);
  // Who is killed has no time for it, and would compile all of it again when it is missed.
  flushCompileCache();
}

/** Everything that this host answers for goes down, once: the control plane first, lest it brings back what ends. */
function createShutdown(supervisor: Supervisor, keeper: Keeper | undefined): () => Promise<void> {
  const shutdown = async () => {
    if (keeper !== undefined) {
      await supervisor.closeKind('control-plane');
      await keeper.shutdown();
    }
    await supervisor.shutdown();
  };
  let down: Promise<void> | undefined;
  return () => {
    down ??= shutdown();
    return down;
  };
}

async function listen(server: FastifyInstance, { environment, zone }: HostConfig): Promise<void> {
  const at = `${zone.address}:${zonePorts.host}`;
  try {
    await server.listen({ host: zone.address, port: zonePorts.host });
  } catch (cause) {
    if (!isErrno(cause, 'EADDRINUSE')) throw cause;
    const message = `${at} is in use: a host of zone ${zone.name} of ${environment.name} runs already.`;
    throw new AlwaysOnError('AON_ALREADY_RUNNING', message, { cause });
  }
}

try {
  await main();
} catch (error) {
  const hint = isAlwaysOnError(error) ? `\n${error.code}: ${error.hint}` : '';
  process.stderr.write(`${messageOf(error)}${hint}\n`);
  process.exit(isAlwaysOnError(error) ? errorCatalogue[error.code].exit : 1);
}
