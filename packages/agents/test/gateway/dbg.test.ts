import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync, spawn } from 'node:child_process';
import { test } from 'vitest';
import { createRig, toRecord } from './rig.ts';
import { fileURLToPath } from 'node:url';
const ticks = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return Number(f[11]) + Number(f[12]); };
const rss = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
test('idle', async () => {
  const rig = await createRig(19);
  try {
    const stamps = await Promise.all(['west-1', 'west-2', 'east-1', 'east-2'].map((z) => rig.startStamp(z)));
    mkdirSync(join(rig.dir, 'observer'));
    const { Manifest } = await import('@alwayson/protocol/manifest.ts');
    writeFileSync(join(rig.dir, 'manifest.json'), JSON.stringify(Manifest.parse({ name: 'test', owner: 't', regions: [{ name: 'west' }, { name: 'east' }], components: [{ name: 'web', command: ['node'], routes: ['/'] }], flows: [{ name: 'browse', path: ['web'], probe: { path: '/shop/' } }] })));
    const obs = rig.run([process.execPath, fileURLToPath(new URL('../../src/observer/main.ts', import.meta.url))], { ALWAYSON_ENVIRONMENT: rig.environmentFile, ALWAYSON_REGION: 'west' }, join(rig.dir, 'observer'));
    const record = toRecord(stamps, { limits: { requestsPerSecondPerClient: 100000, requestBodyBytesMax: 1_048_576, requestTimeoutMs: 10_000 }, components: [{ name: 'web', routes: ['/'] }, { name: 'api', routes: ['/api'] }] });
    record.stamps = record.stamps.map((s) => ({ ...s, ports: { ...s.ports, api: s.ports['web']! } }));
    const gw = await rig.startGateway('west', record);
    const gw2 = await rig.startGateway('east', record);
    await sleep(2000);
    const pids: [string, number][] = [['worker', await gw.worker()], ['master', gw.master()!.pid!], ['gw agent', gw.agent.pid!], ['observer', obs.pid!], ['stamp agent w1', stamps[0]!.agent.pid!], ['stamp agent e1', stamps[2]!.agent.pid!]];
    const before = pids.map(([, p]) => ticks(p));
    await sleep(30000);
    for (const [i, [n, p]] of pids.entries()) console.log(n, ((ticks(p) - before[i]!) / 30).toFixed(2), '% of a core', rss(p).toFixed(0), 'MiB');
    void gw2;
  } finally { await rig.close(); }
});
