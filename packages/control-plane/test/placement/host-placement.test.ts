import { expect, test } from 'vitest';
import { createHostLab, eventually } from '../../../agents/test/host/host-lab.ts';
import { createHostPlacement } from '../../src/placement/host-placement.ts';
import { describePlacement } from './contract.ts';

test('a frozen host is silent: what waits for it is given up, and it is connected again when it wakes', async () => {
  const lab = createHostLab('201.4');
  const placement = createHostPlacement({ environment: lab.environment });
  try {
    expect(placement.observe('west-1')).toMatchObject({ contact: 'unknown', host: null });
    await eventually('refused', () => placement.observe('west-1').contact === 'refused');
    const pid = await lab.startHost('west-1');
    await eventually('connected', () => placement.observe('west-1').contact === 'connected');
    process.kill(pid, 'SIGSTOP');
    const waiting = placement.task('west-1', 'unit', {
      command: ['true'],
      timeoutMs: 600_000,
    });
    await expect(waiting).rejects.toMatchObject({ code: 'AON_UNREACHABLE' });
    expect(placement.observe('west-1')).toMatchObject({ contact: 'silent', host: { pid } });
    process.kill(pid, 'SIGCONT');
    await eventually('connected', () => placement.observe('west-1').contact === 'connected');
  } finally {
    await placement.close();
    await lab.close();
  }
});

describePlacement('host placement', async () => {
  const lab = createHostLab('201.1');
  try {
    await lab.startHost('witness');
    const placement = createHostPlacement({ environment: lab.environment });
    await Promise.all(['west-1', 'west-2'].map((zone) => placement.startZone(zone)));
    return {
      placement,
      zone: 'west-1',
      otherZone: 'west-2',
      spec: lab.spec,
      unitDir: lab.unitDir,
      crashSupervisor: (zone) => process.kill(lab.hostPid(zone), 'SIGKILL'),
      killZone: (zone) => process.kill(-lab.hostPid(zone), 'SIGKILL'),
      async close() {
        await placement.close();
        await lab.close();
      },
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
});
