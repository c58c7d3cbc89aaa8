import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** One thing that is wrong in a manifest, told so that it can be corrected without reading anything else. */
export interface ManifestFault {
  file: string;
  line?: number;
  column?: number;
  field: string;
  found: string;
  allowed: string;
}

/** AON_MANIFEST_INVALID with every fault at once. */
export class ManifestInvalidError extends AlwaysOnError {
  readonly faults: readonly ManifestFault[];

  constructor(file: string, faults: readonly ManifestFault[]) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    super(
      'AON_MANIFEST_INVALID',
      [`${file} has ${count}; nothing was started.`, ...faults.map(renderFault)].join('\n'),
    );
    this.faults = faults;
  }
}

function renderFault(fault: ManifestFault): string {
  const place = [fault.file, fault.line, fault.column].filter((part) => part !== undefined).join(':');
  return `  ${place}  ${fault.field}\n      found    ${fault.found}\n      allowed  ${fault.allowed}`;
}
