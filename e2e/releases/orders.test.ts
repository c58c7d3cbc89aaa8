import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { isWhole } from '../harness/environment.ts';
import { createReleaseFolder, type Edits, replacing, withProgram } from '../harness/release-folder.ts';
import { followPhases, readRollout } from '../harness/rollout-phases.ts';
import { deployUnderLoad, useReleases } from '../harness/use-releases.ts';

/** What people order while a release is on its way, and after it. */
const quick = withProgram([50, 100], 30)['alwayson.config.ts'];
const program: Edits = {
  'alwayson.config.ts': (text) =>
    replacing('  release: {', '  scale: { max: 2 },\n  release: {')(quick?.(text) ?? text),
};
const releases = useReleases(program);

async function run(...args: string[]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await releases.environment.cli(...args, '--json');
  const rollout = exitCode === 0 ? null : await readRollout(releases.environment);
  const why = `${stderr}${stdout}${rollout?.phase ?? ''} ${rollout?.reason ?? ''}`;
  expect(exitCode, `${args.join(' ')}: ${why}`).toBe(0);
  return JSON.parse(stdout) as unknown;
}

/**
 * Over a new connection: one from before the release came may lead to the HAProxy process that a reload has replaced, which knows nothing
 * of the release, answers so, and closes it.
 */
async function askAnew(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test('paused it stands still, promoted it goes on before its time, and rollback brings the former release back', async () => {
  const { environment } = releases;
  const former = (await environment.status()).release;
  const folder = await createReleaseFolder(program);
  const ordered: string[] = [];
  const orderAbout = async (step: number) => {
    if (step === 0) {
      expect(await run('pause', '--reason', 'to look at it')).toMatchObject({ hold: { reason: 'paused' } });
      const preview = (await run('preview', 'ordered')) as { token: string; header: string };
      const headers = { [preview.header]: preview.token };
      ordered.push(`preview ${await askAnew(`${environment.frontDoor}/`, headers)}`);
      const held = await readRollout(environment);
      expect(held?.state, held?.reason).toBe('held');
      await run('resume');
    }
    await run('promote', '--reason', 'it is well');
    ordered.push(`promote ${step}`);
  };
  try {
    await folder.edit({ 'release-note.txt': () => 'to be ordered about\n' });
    const { report, outside } = await deployUnderLoad(releases, {
      name: 'pause, look at it, resume, promote',
      path: folder.path,
      args: ['--version', 'ordered'],
      meanwhile: () =>
        followPhases(environment, {
          before: undefined,
          onPhase: async (phase, step) => (phase === 'bake' ? orderAbout(step) : undefined),
        }),
    });
    expect(ordered).toEqual(['preview 200', 'promote 0', 'promote 1']);
    expect(report).toMatchObject({ state: 'succeeded', live: 'ordered', lost: 0 });
    expect(outside.failed).toEqual([]);
    const bakes = report.phases.filter(({ name }) => name === 'bake');
    expect(bakes.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThan(60);
    await environment.until('whole', isWhole, 120_000);
    expect(await run('rollback', '--reason', 'as was to be shown')).toMatchObject({ state: 'succeeded' });
    expect((await environment.until('whole on the former', isWhole, 120_000)).release).toBe(former);
  } finally {
    await folder.remove();
  }
});

test('a zone gets a second stamp and gives it back', async () => {
  const { environment } = releases;
  type Status = Awaited<ReturnType<typeof environment.status>>;
  const inZone = ({ stamps }: Status) => stamps.filter(({ zone }) => zone === 'west-2').length;
  const has = (count: number) => (status: Status) => isWhole(status) && inZone(status) === count;
  await run('scale', 'west-2=2', '--reason', 'as was to be shown');
  await environment.until('two stamps that serve', has(2), 180_000);
  await run('scale', 'west-2=1', '--reason', 'as was to be shown');
  await environment.until('one again', has(1), 180_000);
});
