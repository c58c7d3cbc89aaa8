import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UnitSpecInput, UnitStatus } from '@alwayson/protocol/units.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, lives } from '../../../agents/test/host/host-lab.ts';
import type { Placement } from '../../src/placement/placement.ts';

/** What a provider brings to the suite: a placement with two zones up, and the ways to harm them. */
export interface PlacementLab {
  placement: Placement;
  zone: string;
  otherZone: string;
  spec(zone: string, id: string, more?: Partial<UnitSpecInput>): UnitSpecInput;
  unitDir(zone: string, id: string): string;
  /** kill -9 of the process that supervises the zone, alone. */
  crashSupervisor(zone: string): void;
  /** kill -9 of everything in the zone at once. */
  killZone(zone: string): void;
  close(): Promise<void>;
}

/** What every placement provider must do, shown on real processes. */
export function describePlacement(name: string, createLab: () => Promise<PlacementLab>): void {
  describe(name, () => {
    let lab: PlacementLab;
    let placement: Placement;
    let zone: string;

    beforeAll(async () => {
      lab = await createLab();
      ({ placement, zone } = lab);
      await eventually('zones answer', () => placement.observe(zone).contact === 'connected');
    });
    afterAll(async () => {
      await lab?.close();
    });

    const seen = (id: string, at = zone) => placement.observe(at).host?.units.find((unit) => unit.id === id);
    const until = async (id: string, condition: (unit: UnitStatus) => boolean, at = zone) => {
      const look = () => {
        const unit = seen(id, at);
        return unit !== undefined && condition(unit);
      };
      await eventually(`${id} is as wanted`, look, () => JSON.stringify(seen(id, at)));
      const unit = seen(id, at);
      if (unit?.pid === undefined) throw new Error(`${id} is gone`);
      return { ...unit, pid: unit.pid ?? 0 };
    };
    const ready = (id: string, at = zone) => until(id, (unit) => unit.state === 'ready', at);
    const log = (id: string) => placement.log(zone, id, { lines: 1000 });

    test('a unit is applied, becomes ready, and logs; the same spec again changes nothing', async () => {
      const spec = lab.spec(zone, 'plain');
      const applied = await placement.apply(zone, spec);
      expect(applied.state).toBe('starting');
      const { pid } = await ready('plain');
      expect(await log('plain')).toBe(`listening, pid ${pid}\n`);
      expect(await placement.apply(zone, spec)).toMatchObject({
        pid,
        restarts: 0,
        specHash: applied.specHash,
      });
    });

    test('a stop is a fence: all its processes are gone, and only a request starts it again', async () => {
      const spec = lab.spec(zone, 'fenced', { env: { MODE: 'forking' } });
      await placement.apply(zone, spec);
      const { pid } = await ready('fenced');
      const child = Number(/child (\d+)/.exec(await log('fenced'))?.[1]);
      expect(lives(child)).toBe(true);
      expect(await placement.act(zone, 'fenced', 'stop')).toMatchObject({ state: 'stopped', pid: null });
      expect([lives(pid), lives(child)]).toEqual([false, false]);
      expect(await placement.apply(zone, { ...spec, generation: 2 })).toMatchObject({ state: 'stopped' });
      expect(await placement.act(zone, 'fenced', 'start')).toMatchObject({ state: 'ready', generation: 2 });
    });

    test('a unit that does not heed the signal is killed at its deadline', async () => {
      await placement.apply(
        zone,
        lab.spec(zone, 'deaf', { env: { MODE: 'deaf' }, stop: { deadlineMs: 300 } }),
      );
      const { pid } = await ready('deaf');
      const stopped = await placement.act(zone, 'deaf', 'stop');
      expect(stopped.lastExit).toMatchObject({ signal: 'SIGKILL' });
      expect(lives(pid)).toBe(false);
      expect(await log('deaf')).toContain('SIGTERM ignored');
    });

    test('a killed unit is told at once and started again at once', async () => {
      await placement.apply(zone, lab.spec(zone, 'killed'));
      const { pid } = await ready('killed');
      let toldAt = 0;
      const unlisten = placement.onChange(() => {
        if (toldAt === 0 && seen('killed')?.pid !== pid) toldAt = performance.now();
      });
      const killedAt = performance.now();
      process.kill(pid, 'SIGKILL');
      const again = await until('killed', (unit) => unit.state === 'ready' && unit.pid !== pid);
      unlisten();
      expect(again).toMatchObject({ restarts: 1, lastExit: { code: null, signal: 'SIGKILL' } });
      expect(toldAt - killedAt).toBeLessThan(1500); // two probes that fail take 2 s
    });

    test('what a killed unit leaves behind is gone before it starts again', async () => {
      await placement.apply(zone, lab.spec(zone, 'forking', { env: { MODE: 'forking' } }));
      const { pid } = await ready('forking');
      const child = Number(/child (\d+)/.exec(await log('forking'))?.[1]);
      process.kill(pid, 'SIGKILL');
      await until('forking', (unit) => unit.pid !== null && unit.pid !== pid);
      expect(lives(child)).toBe(false);
    });

    test('kill and restart', async () => {
      await placement.apply(zone, lab.spec(zone, 'again'));
      const first = await ready('again');
      await placement.act(zone, 'again', 'kill');
      const second = await until('again', (unit) => unit.state === 'ready' && unit.pid !== first.pid);
      const third = await placement.act(zone, 'again', 'restart');
      expect(third.state).toBe('ready');
      expect(new Set([first.pid, second.pid, third.pid]).size).toBe(3);
    });

    test('a unit that keeps crashing is tried again, ever more slowly', async () => {
      const spec = lab.spec(zone, 'crashing', { env: { MODE: 'crash' } });
      await placement.apply(zone, spec);
      await until('crashing', (unit) => unit.restarts >= 3);
      const unit = await until('crashing', ({ state }) => state === 'exited');
      expect(unit).toMatchObject({ pid: 0, lastExit: { code: 7, signal: null }, reason: 'exited with 7' });
      await expect(placement.act(zone, 'crashing', 'start')).rejects.toMatchObject({
        code: 'AON_UNIT_START_FAILED',
      });
      await placement.apply(zone, { ...spec, env: { ...spec.env, MODE: '' } });
      await ready('crashing');
    });

    test('a program that does not exist is told', async () => {
      const spec = lab.spec(zone, 'missing', { command: ['/no/such/program'] });
      await expect(placement.apply(zone, spec)).rejects.toMatchObject({ code: 'AON_UNIT_START_FAILED' });
      const unit = await until('missing', ({ state }) => state === 'exited');
      expect(unit.reason).toContain('/no/such/program cannot be run');
      await placement.remove(zone, 'missing', { purge: true });
    });

    test('a failing probe is told, and its end too', async () => {
      const probe = { type: 'http', path: '/', intervalMs: 50 } as const;
      await placement.apply(zone, lab.spec(zone, 'sick', { probe }));
      await ready('sick');
      await placement.task(zone, 'sick', { command: ['touch', '{dir}/sick'] });
      expect((await until('sick', ({ state }) => state === 'failing')).reason).toBe('/ answered 503');
      await placement.task(zone, 'sick', { command: ['rm', '{dir}/sick'] });
      await ready('sick');
    });

    test('a change of a spec does as little as it can', async () => {
      const files = [{ path: 'config.txt', content: 'one' }];
      const spec = lab.spec(zone, 'changing', { files, reloadSignal: 'SIGHUP' });
      await placement.apply(zone, spec);
      const { pid } = await ready('changing');

      expect(await placement.apply(zone, { ...spec, generation: 2, startOrder: 7 })).toMatchObject({ pid });
      const reloaded = { ...spec, generation: 2, files: [{ path: 'config.txt', content: 'two' }] };
      expect(await placement.apply(zone, reloaded)).toMatchObject({ pid });
      await eventually('reload', async () => (await log('changing')).includes('reloaded two'));

      const { reloadSignal: _none, ...restarting } = reloaded;
      expect((await placement.apply(zone, restarting)).pid).toBe(pid);
      const other = { ...restarting, files: [{ path: 'sub/other.txt', content: 'three' }] };
      expect((await placement.apply(zone, other)).pid).not.toBe(pid);
      const dir = lab.unitDir(zone, 'changing');
      expect(readFileSync(join(dir, 'sub/other.txt'), 'utf8')).toBe('three');
      expect(() => readFileSync(join(dir, 'config.txt'))).toThrow('ENOENT');

      const { pid: third } = await ready('changing');
      await placement.apply(zone, { ...other, env: { ...other.env, MORE: '1' } });
      expect((await ready('changing')).pid).not.toBe(third);
    });

    test('a change right after the start does not end a process that does not heed signals yet', async () => {
      const spec = lab.spec(zone, 'young', { reloadSignal: 'SIGHUP' });
      const files = (content: string) => [{ path: 'config.txt', content }];
      const { pid } = await placement.apply(zone, { ...spec, files: files('one') });
      await placement.apply(zone, { ...spec, files: files('two') });
      await eventually('reload', async () => (await log('young')).includes('reloaded two'));
      expect(await ready('young')).toMatchObject({ pid, restarts: 0 });
    });

    test('an older generation is refused and changes nothing', async () => {
      const spec = lab.spec(zone, 'generations', { generation: 5 });
      const { specHash } = await placement.apply(zone, spec);
      const older = { ...spec, generation: 4, env: { ...spec.env, MODE: 'crash' } };
      await expect(placement.apply(zone, older)).rejects.toMatchObject({ code: 'AON_GENERATION_OLD' });
      expect(await ready('generations')).toMatchObject({ specHash, generation: 5 });
    });

    test('an onRequest unit starts on request only', async () => {
      await placement.apply(zone, lab.spec(zone, 'asked', { restart: 'onRequest' }));
      expect(await until('asked', () => true)).toMatchObject({ state: 'held', pid: 0 });
      const started = await placement.act(zone, 'asked', 'start');
      expect(started.state).toBe('ready');
      process.kill(started.pid ?? 0, 'SIGKILL');
      await until('asked', ({ state }) => state === 'exited');
      // Long enough for a restart to have happened: units that crash are back within a tenth of this.
      await expect(
        Promise.race([
          until('asked', ({ state }) => state !== 'exited'),
          new Promise((resolve) => setTimeout(resolve, 1500, 'stayed')),
        ]),
      ).resolves.toBe('stayed');
    });

    test('tasks run in the folder of the unit and tell everything', async () => {
      await placement.apply(zone, lab.spec(zone, 'tasks'));
      const task = (command: string[], more = {}) => placement.task(zone, 'tasks', { command, ...more });
      const told = await task(['sh', '-c', 'pwd; cat; echo "$WHERE" >&2; exit 3'], {
        stdin: 'given\n',
        env: { WHERE: 'in {dir}' },
      });
      const dir = lab.unitDir(zone, 'tasks');
      expect(told).toMatchObject({
        exitCode: 3,
        signal: null,
        stdout: `${dir}\ngiven\n`,
        stderr: `in ${dir}\n`,
      });
      expect((await task(['{node}', '-e', 'console.log("x".repeat(200_000))'])).stdout).toHaveLength(65_536);
      await expect(task(['/no/such/program'])).rejects.toMatchObject({ code: 'AON_TASK_FAILED' });
      await expect(placement.task(zone, 'nobody', { command: ['true'] })).rejects.toMatchObject({
        code: 'AON_NOT_FOUND',
      });
    });

    test('a task that takes too long ends with all it started', async () => {
      await placement.apply(zone, lab.spec(zone, 'slow-task'));
      const command = ['sh', '-c', 'env -i sleep 987 & echo $! > pid; wait'];
      await expect(placement.task(zone, 'slow-task', { command, timeoutMs: 300 })).rejects.toMatchObject({
        code: 'AON_TIMEOUT',
      });
      const pid = Number(readFileSync(join(lab.unitDir(zone, 'slow-task'), 'pid'), 'utf8'));
      expect(lives(pid)).toBe(false);
    });

    test('a task leaves nothing running', async () => {
      await placement.apply(zone, lab.spec(zone, 'leaving'));
      const command = ['sh', '-c', 'env -i sleep 986 & echo $!'];
      const { stdout } = await placement.task(zone, 'leaving', { command });
      expect(lives(Number(stdout))).toBe(false);
    });

    test('a removed unit is gone, with purge its folder too', async () => {
      await placement.apply(zone, lab.spec(zone, 'removed'));
      const { pid } = await ready('removed');
      await placement.remove(zone, 'removed', { purge: true });
      expect(lives(pid)).toBe(false);
      await eventually('it is not listed', () => seen('removed') === undefined);
      expect(() => readFileSync(join(lab.unitDir(zone, 'removed'), 'log/unit.log'))).toThrow('ENOENT');
      await expect(placement.act(zone, 'removed', 'start')).rejects.toMatchObject({ code: 'AON_NOT_FOUND' });
    });

    test('units outlive their supervisor, go on logging, and are adopted', async () => {
      await placement.apply(zone, lab.spec(zone, 'orphan', { env: { MODE: 'chatty' } }));
      await placement.apply(zone, lab.spec(zone, 'orphan-asked', { restart: 'onRequest' }));
      await placement.act(zone, 'orphan-asked', 'start');
      const [before, asked] = [await ready('orphan'), await ready('orphan-asked')];
      const hostBefore = placement.observe(zone).host?.pid;
      lab.crashSupervisor(zone);
      await eventually('refused', () => placement.observe(zone).contact === 'refused');
      await eventually('a new host answers', () => {
        const { contact, host } = placement.observe(zone);
        return contact === 'connected' && host?.pid !== hostBefore;
      });
      const { startedAt, pid } = before;
      expect(await ready('orphan')).toMatchObject({ pid, startedAt, restarts: before.restarts });
      expect((await ready('orphan-asked')).pid).toBe(asked.pid);
      const ticks = (await log('orphan')).split('\n').length;
      await eventually('it logs on', async () => (await log('orphan')).split('\n').length > ticks + 5);

      process.kill(pid, 'SIGKILL');
      expect(await until('orphan', (unit) => unit.state === 'ready' && unit.pid !== pid)).toMatchObject({
        restarts: before.restarts + 1,
      });
      expect(await placement.act(zone, 'orphan-asked', 'stop')).toMatchObject({
        state: 'stopped',
        pid: null,
      });
      expect(lives(asked.pid)).toBe(false);
    });

    test('a zone that is gone stays down until it is started, then runs what was desired', async () => {
      const other = lab.otherZone;
      await eventually('the zone answers', () => placement.observe(other).contact === 'connected');
      await placement.apply(other, lab.spec(other, 'here', { env: { MODE: 'forking' } }));
      await placement.apply(other, lab.spec(other, 'stopped'));
      await placement.apply(other, lab.spec(other, 'on-request', { restart: 'onRequest' }));
      await placement.act(other, 'on-request', 'start');
      await placement.act(other, 'stopped', 'stop');
      const { pid } = await ready('here', other);
      const text = await placement.log(other, 'here', { lines: 100 });
      const child = Number(/child (\d+)/.exec(text)?.[1]);

      lab.killZone(other);
      await eventually('refused', () => placement.observe(other).contact === 'refused');
      await eventually('nothing of it lives', () => !lives(pid) && !lives(child));
      await expect(placement.act(other, 'here', 'stop')).rejects.toMatchObject({ code: 'AON_UNREACHABLE' });

      await placement.startZone(other);
      await eventually('the zone answers', () => placement.observe(other).contact === 'connected');
      const again = await ready('here', other);
      expect(again.pid).not.toBe(pid);
      expect(seen('stopped', other)).toMatchObject({ state: 'stopped', pid: null });
      expect(seen('on-request', other)).toMatchObject({ state: 'held', pid: null });

      await placement.outageZone(other);
      expect(lives(again.pid)).toBe(false);
      await eventually('refused', () => placement.observe(other).contact === 'refused');
      await placement.startZone(other);
      await ready('here', other);
    });

    test('a zone that does not exist is told', async () => {
      await expect(placement.act('nowhere', 'x', 'start')).rejects.toMatchObject({ code: 'AON_NOT_FOUND' });
      await expect(placement.startZone('nowhere')).rejects.toMatchObject({ code: 'AON_NOT_FOUND' });
    });
  });
}
