import { setTimeout as sleep } from 'node:timers/promises';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { startLoad } from './load.ts';
import { createRig, toRecord, until } from './rig.ts';
test('dbg', async () => {
  const rig = await createRig(19);
  try {
    const lines: string[] = [];
    const s = createSocket('udp4'); s.on('message', (m) => lines.push(m.toString())); s.bind(7201, rig.address(12));
    const [west1, west2, east1] = await Promise.all([rig.startStamp('west-1'), rig.startStamp('west-2'), rig.startStamp('east-1')]);
    const gw = await rig.startGateway('west', toRecord([west1!, west2!, east1!]));
    for (const scenario of process.env['SC']!.split(',')) {
      if (scenario === 'b') { west2!.component.kill('SIGKILL'); await until(async () => (await gw.report()).body.servers.find(x=>x.stamp.startsWith('west-2'))!.state==='down', 'down'); await sleep(2500); }
      const load = startLoad({ url: `${rig.frontDoor}/shop/?ms=5`, perSecond: 200 });
      await sleep(1000);
      west1!.component.kill('SIGKILL'); if (scenario === 'c') west2!.component.kill('SIGKILL');
      await sleep(3000);
      const r = await load.stop();
      console.log(scenario, r.sent, r.failures.length, r.failures.slice(0,4), r.maxMs, r.p99Ms, JSON.stringify([...r.byStamp]));
      west1!.component = rig.startProgram('component', west1!.route);
      if (scenario !== 'a') west2!.component = rig.startProgram('component', west2!.route);
      await until(async () => (await gw.report()).body.servers.every(x=>x.state==='up'), 'up');
      await sleep(2500);
    }
    s.close();
    writeFileSync('/tmp/hap/lines.txt', lines.join(''));
  } finally { await rig.close(); }
});
