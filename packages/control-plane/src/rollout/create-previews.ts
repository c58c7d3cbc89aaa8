import type { ReleaseBoard } from '../api/release-routes.ts';
export function createPreviews(_: unknown): Pick<ReleaseBoard, 'previewToken'> {
  return {
    previewToken: () => {
      throw new Error('not yet');
    },
  };
}
