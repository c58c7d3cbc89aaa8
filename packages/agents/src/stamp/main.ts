import { createAgentLog } from '../agent-process/agent-log.ts';
import { runAgent } from '../agent-process/run-agent.ts';
import { createEvaluation } from './evaluation.ts';
import { createStampServer } from './stamp-server.ts';
import { readStampSettings } from './stamp-settings.ts';

runAgent(async () => {
  const settings = await readStampSettings(process.env);
  const { host, port, stamp, components } = settings;
  const log = createAgentLog(`${stamp}-agent`);
  const now = () => performance.now();
  const evaluation = createEvaluation({ host, components, now });
  const server = createStampServer({ settings, evaluation, now, log });
  await server.listen({ host, port });
  evaluation.start();
  log('listening', { host, port, components: components.map(({ name }) => name) });
  return {
    async close() {
      // The stamp goes first in its gateways' eyes, then the listener.
      evaluation.setDrained(true);
      evaluation.close();
      await server.close();
    },
  };
});
