import { Manifest, type ManifestInput } from '@alwayson/protocol/manifest.ts';

export const sampleInput: ManifestInput = {
  name: 'shop',
  owner: 'team shop',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'api', command: ['node', 'api.js'], routes: ['/api'] }],
  stores: [{ name: 'orders', kind: 'relational' }],
  flows: [{ name: 'buy', path: ['api', 'orders'] }],
};

export const sampleManifest: Manifest = Manifest.parse(sampleInput);
