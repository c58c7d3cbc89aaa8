import { test, expect } from 'vitest';
import { createDatabaseRig, waitFor, isWhole, doorOf } from './database-rig.ts';
import { withSql, connectSql } from '@alwayson/engines/postgres/sql-client.ts';
import { setTimeout as sleep } from 'node:timers/promises';

test('try', async () => {
  const rig = await createDatabaseRig({ block: 1, migrations: { '001_items.sql': 'CREATE TABLE item (id bigint PRIMARY KEY, name text)' } });
  try {
    await rig.startHosts();
    const t1 = Date.now();
    rig.startController();
    await waitFor('whole', () => isWhole(rig), 60_000);
    console.log('whole', Date.now() - t1);
    let stop = false; const acks: {id:number, at:number}[] = []; const errors: string[] = [];
    let next = 0;
    const writer = async (zone: string) => {
      let c: any = null;
      while (!stop) {
        const id = next++;
        try {
          c ??= await connectSql({ ...doorOf(rig, zone, 'write'), timeoutMs: 3000 });
          await c.query('INSERT INTO item VALUES ($1, $2)', [id, zone]);
          acks.push({ id, at: performance.now() });
        } catch (e) { errors.push((e as Error).message); c?.close(); c = null; await sleep(20); }
        await sleep(5);
      }
      c?.close();
    };
    const ws = ['west-1','west-2','east-1','east-2'].map(writer);
    await sleep(1500);
    const seq = rig.events().at(-1)!.seq;
    for (const round of [0, 1]) {
    const w = rig.controller().writer()!.member;
    const k = performance.now(); const kd = Date.now();
    process.kill(rig.pidOf(w), round === 0 ? 'SIGKILL' : 'SIGSTOP');
    await waitFor('failover', () => rig.controller().writer()!.member !== w, 20000);
    console.log('committed after', performance.now() - k);
    await waitFor('whole', () => isWhole(rig), 60_000).catch((e) => console.log(String(e)));
    console.log('whole after', performance.now() - k);
    await sleep(500);
    for (const e of rig.journal.events({ after: seq, limit: 200 })) console.log(Date.parse(e.at) - kd, e.type, e.message);
    console.log(JSON.stringify(rig.journal.operations(1)));
    }
    stop = true; await Promise.all(ws);
    const ids = new Set((await withSql({ ...doorOf(rig, 'west-1', 'write') }, (cc) => cc.query<{id: string}>('select id from item'))).map((r) => Number(r.id)));
    acks.sort((a, b) => a.at - b.at);
    const gaps = acks.slice(1).map((a, i) => a.at - acks[i]!.at).sort((a,b)=>b-a);
    console.log('acks', acks.length, 'lost', acks.filter((a) => !ids.has(a.id)).length, 'longest gaps', gaps.slice(0,5));
    const counts = new Map<string, number>(); for (const e of errors) counts.set(e, (counts.get(e) ?? 0) + 1); console.log(counts);
  } finally { await rig.destroy(); }
});
