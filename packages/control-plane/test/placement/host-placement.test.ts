import { createHostLab } from '../../../agents/test/host/host-lab.ts';
import { createHostPlacement } from '../../src/placement/host-placement.ts';
import { describePlacement } from './contract.ts';

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
