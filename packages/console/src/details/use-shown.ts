import { useSearchParams } from 'wouter';

const parameter = 'show';

/** The entity whose details are open. It is part of the address, so that it can be sent to a colleague. */
export function useShown(): { shown: string | null; show(name: string): void; hide(): void } {
  const [parameters, setParameters] = useSearchParams();
  return {
    shown: parameters.get(parameter),
    show: (name) => setParameters({ [parameter]: name }),
    hide: () => setParameters({}, { replace: true }),
  };
}

/** Where an entity's details are, from any page. */
export function toEntityPath(name: string): string {
  return `/?${new URLSearchParams({ [parameter]: name }).toString()}`;
}
