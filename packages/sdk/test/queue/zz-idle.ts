import { setTimeout as sleep } from 'node:timers/promises';
import { createQueueConsumer } from '../../src/queue/consumer.ts';
import { createSql } from '../../src/sql.ts';
import { createPostgresLab } from './postgres-lab.ts';
import { createQueueLab, eventually } from './queue-lab.ts';
import { applyVotes } from './votes.ts';
import { spawn } from 'node:child_process';
const lab = createQueueLab('203.91'); const pg = await createPostgresLab('127.203.91.100');
try {
  const { queue } = await lab.startPair('west');
  const child = spawn(process.execPath, ['packages/sdk/test/queue/worker-program.ts'], { stdio: 'inherit', env: { PATH: process.env.PATH, ALWAYSON_SQL_WRITE: pg.url, ALWAYSON_QUEUES: JSON.stringify([queue]) } });
  const consumer = createQueueConsumer({ queues: [queue], sql: createSql({ writeUrls: [pg.url] }), handlers: { vote: applyVotes } });
  await eventually('half', () => consumer.stats().shards.length === 4);
  await sleep(4000); globalThis.gc?.(); const { Session } = await import("node:inspector/promises"); const ses = new Session(); ses.connect(); await ses.post("Profiler.enable"); await ses.post("Profiler.start");
  for (let i = 0; i < 2; i++) { const c0 = process.cpuUsage(); await sleep(10000); const c1 = process.cpuUsage(c0); console.log('idle cpu ms/s, 4 shards', (c1.user + c1.system) / 1e4, process.memoryUsage().rss / 1e6); }
  const { profile } = await ses.post("Profiler.stop"); const self = new Map<string, number>(); const byId = new Map(profile.nodes.map((n) => [n.id, n])); profile.samples!.forEach((id, i) => { const n = byId.get(id)!; const k = `${n.callFrame.functionName} ${n.callFrame.url.split("/").slice(-3).join("/")}:${n.callFrame.lineNumber}`; self.set(k, (self.get(k) ?? 0) + profile.timeDeltas![i]!); }); console.log([...self].sort((a, b) => b[1] - a[1]).slice(0, 25).map(([k, v]) => `${(v / 20000).toFixed(3)} ms/s ${k}`).join("\n")); child.kill("SIGKILL"); await consumer.close();
} finally { await lab.close(); await pg.close(); process.exit(0); }
